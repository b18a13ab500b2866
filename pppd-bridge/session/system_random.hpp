#pragma once

#include "pppd-bridge/ppp/random.hpp"

namespace tunnel::session {

/// Random numbers from the kernel (getrandom).
class SystemRandom final : public ppp::Random {
 public:
  std::uint32_t u32() override;
};

}  // namespace tunnel::session
