#include "pppd-bridge/ppp/auth_half.hpp"

#include <utility>

namespace tunnel::ppp {

void AuthHalf::stop() noexcept {
  rest();
  method_.reset();
  passed_ = false;
  failure_.reset();
  timer_.reset();
  ++serial_;  // answers that are under way belong to nothing any more
  challenge_.clear();
}

void AuthHalf::fail(DownReason::Kind kind, std::string text) {
  rest();
  passed_ = false;
  timer_.reset();
  const auto permanence = kind == DownReason::Kind::AuthFailed ? DownReason::Permanence::Permanent
                                                               : DownReason::Permanence::Transient;
  failure_ = DownReason{kind, permanence, std::move(text)};
}

void AuthHalf::drop_malformed(std::string_view what) {
  ++dropped_.malformed;
  log_.packet(Layer::Auth, [what] { return "dropped: " + std::string{what}; });
}

}  // namespace tunnel::ppp
