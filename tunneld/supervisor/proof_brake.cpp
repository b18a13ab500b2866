#include "tunneld/supervisor/proof_brake.hpp"

#include <utility>

namespace tunnel::supervisor {

namespace {

constexpr unsigned kTries = 5;

}  // namespace

std::optional<std::string> ProofBrake::reason() const {
  if (!failed_ || refusals_ < kTries) return std::nullopt;
  return "PPP secret refused " + std::to_string(refusals_) + " times";
}

bool ProofBrake::tell() noexcept {
  return !std::exchange(told_, true);
}

}  // namespace tunnel::supervisor
