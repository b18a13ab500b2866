#pragma once

#include "tunneld/base/result.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <memory>

namespace tunnel::filter::kernel {

/// The kernel's packet filter, by libnftables: of the network namespace in which open() was called.
/// JSON goes in, so that no name is ever read as a command.
class Nftables {
 public:
  static Result<Nftables> open();

  Nftables(Nftables&&) noexcept;
  Nftables& operator=(Nftables&&) noexcept;
  ~Nftables();

  /// All of the commands, or none; but for ages of flows (timeouts.hpp), which may be there before
  /// and stay when the others are refused. The error's context is what libnftables says.
  Result<void> run(const boost::json::object& commands);

  /// Whether the kernel would take the commands. Nothing changes.
  bool accepts(const boost::json::object& commands);

  /// The answer to commands that list.
  Result<boost::json::value> ask(const boost::json::object& commands);

 private:
  struct Context;
  explicit Nftables(std::unique_ptr<Context> context) noexcept;

  Result<void> run_text(const std::string& text);
  Result<void> run_json(const boost::json::object& commands);

  std::unique_ptr<Context> context_;
};

}  // namespace tunnel::filter::kernel
