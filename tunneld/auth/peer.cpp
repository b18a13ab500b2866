#include "tunneld/auth/peer.hpp"

#include <algorithm>

namespace tunnel::auth {

std::optional<Verdict> refuse(const Peer& peer, Bytes claimed) noexcept {
  if (peer.name.empty() || claimed.empty()) return Verdict::EmptyName;
  // A name is no secret: it crosses the wire before any proof does.
  const auto octet = [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); };
  if (!std::equal(claimed.begin(), claimed.end(), peer.name.begin(), peer.name.end(), octet)) {
    return Verdict::UnknownName;
  }
  if (peer.secret == nullptr || peer.secret->empty()) return Verdict::NoSecret;
  return std::nullopt;
}

}  // namespace tunnel::auth
