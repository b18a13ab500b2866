#pragma once

#include "tunneld/base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>

namespace tunnel::filter::kernel {

/// The kernel's packet filter, by libnftables: of the network namespace that the process is in.
/// JSON goes in, so that no name is ever read as a command; and a library that aborts costs a
/// child.
class Nftables {
 public:
  /// All of the commands, or none; but for ages of flows (timeouts.hpp), which may be there before
  /// and stay when the others are refused. The error's context is what libnftables says.
  Result<void> run(const boost::json::object& commands);

  /// Whether a generation of the kernel's rules (table_watch.hpp) is the last run()'s, and nobody
  /// else has changed anything in the meantime. The process that made it says nothing: the kernel
  /// counts processes of all namespaces.
  bool made(std::uint32_t generation) const noexcept {
    return generation - before_ - 1 < last_ - before_;
  }

  /// Whether the kernel would take the commands. Nothing changes.
  bool accepts(const boost::json::object& commands);

  /// All that a table of family inet has, counters too.
  Result<boost::json::value> list(const std::string& table);

 private:
  std::uint32_t before_ = 0;  // the generation before the last run()
  std::uint32_t last_ = 0;    // its last one; that before where others were at it as well
};

}  // namespace tunnel::filter::kernel
