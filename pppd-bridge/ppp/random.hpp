#pragma once

#include <cstdint>

namespace tunnel::ppp {

/// Where magic numbers (and, with authentication, challenges) come from. Injected, so that a
/// test's run can be repeated.
class Random {
 public:
  /// 32 bits that the peer cannot foresee.
  virtual std::uint32_t u32() = 0;

 protected:
  ~Random() = default;
};

}  // namespace tunnel::ppp
