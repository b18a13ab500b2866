#pragma once

#include "tunneld/audit/log_line.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

/// A file of the state directory: a JSON object, often with an object for each site. It is replaced
/// as a whole, and is on the disk when write() returns, so that a crash or a power cut leaves the
/// old one or the new one.
class StateFile {
 public:
  using EachSite = std::function<void(const SiteName& site, const boost::json::object& kept)>;

  /// A file of more than `most_bytes` is damaged. `loss` is what that costs, in words for the log.
  StateFile(std::filesystem::path file, std::size_t most_bytes, std::string loss)
      : file_{std::move(file)}, most_bytes_{most_bytes}, loss_{std::move(loss)} {}

  /// All of it; empty where there is no file.
  Result<boost::json::object> read() const;
  /// Calls `each` in the order of the file; no file is no error. Entries that are no objects, or
  /// that no site can have, are left out.
  Result<void> read(const EachSite& each) const;
  Result<void> write(const boost::json::object& document) const;

 private:
  std::filesystem::path file_;
  std::size_t most_bytes_;
  std::string loss_;
};

/// A time as such a file has it: microseconds since 1970.
std::int64_t microseconds(audit::WallTime time);
/// nullopt: there is no `key`, or it is no number.
std::optional<audit::WallTime> read_time(const boost::json::object& object, std::string_view key);

}  // namespace tunnel::supervisor
