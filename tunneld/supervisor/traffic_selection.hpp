#pragma once

#include "tunneld/base/address.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::supervisor {

/// What a line of filter.log or nat.log is about, as far as it can be asked for.
struct Traffic {
  std::string rule{};          // "@300:2"
  std::string verdict{};       // "pass", "block", "log"; of a translation none
  std::vector<Prefix> ends{};  // the addresses in it
};

/// Which lines of filter.log and nat.log somebody wants, in the parameters of `log` and
/// `subscribe`: {rule?: "@300:2", address?: "192.168.1.0/24", verdict?: "pass"|"block"|"log"}.
class TrafficSelection {
 public:
  static bool is_parameter(std::string_view name) noexcept;

  /// From those of the parameters that are its own. Else a sentence about the first that is wrong.
  static std::variant<TrafficSelection, std::string> read(const boost::json::object& params);

  /// Nothing was asked for.
  bool empty() const noexcept { return rule_.empty() && verdict_.empty() && !address_; }

  /// Whether a line has all that was asked for.
  bool takes(const Traffic& traffic) const;

 private:
  std::string rule_{};
  std::string verdict_{};
  std::optional<Prefix> address_{};
};

}  // namespace tunnel::supervisor
