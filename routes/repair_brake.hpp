#pragma once

#include "routes/change.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::routes {

/// Keeps us from fighting with somebody who undoes what we do: the same repair is made at once a
/// few times, and then now and again only.
class RepairBrake {
 public:
  /// So many times in each kWindow.
  static constexpr unsigned kMost = 3;
  static constexpr Duration kWindow = std::chrono::minutes{1};

  /// Whether this repair may be made; it counts if so.
  bool admit(const Change& change, TimePoint now);

  /// Descriptions of what was not admitted within the last kWindow, in their order.
  std::vector<std::string> contested(TimePoint now) const;

  /// Everything may be made again at once.
  void release() noexcept { repairs_.clear(); }

 private:
  struct Repair {
    std::deque<TimePoint> made{};
    std::optional<TimePoint> refused{};
  };

  static bool is_over(const Repair& repair, TimePoint now);

  std::map<std::string, Repair> repairs_;  // by their descriptions
};

}  // namespace tunnel::routes
