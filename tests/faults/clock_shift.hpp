#pragma once

#include "tests/support/sites.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tunnel::test {

/// Another time of day for all programs of both gateways, and for nobody else: a library that
/// ld.so loads into each of them (ld.so(8), /etc/ld.so.preload) adds a shift to CLOCK_REALTIME.
/// Time namespaces could not do it: they have no such clock (time_namespaces(7)).
class ShiftedClocks {
 public:
  /// Before anything is started, with no shift.
  explicit ShiftedClocks(const World& world);
  ShiftedClocks(const ShiftedClocks&) = delete;
  ShiftedClocks& operator=(const ShiftedClocks&) = delete;

  /// From now on; not added to an earlier one.
  void shift(std::chrono::seconds by) const;

 private:
  const World& world_;
};

}  // namespace tunnel::test
