#include "tunneld/auth/pap.hpp"

namespace tunnel::auth {

Verdict verify_pap(const Peer& peer, Bytes claimed, Bytes password) noexcept {
  if (const auto refused = refuse(peer, claimed)) return *refused;
  if (password.empty()) return Verdict::EmptyResponse;
  return constant_time_equal(peer.secret->reveal(), password) ? Verdict::Accepted
                                                              : Verdict::WrongResponse;
}

}  // namespace tunnel::auth
