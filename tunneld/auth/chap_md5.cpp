#include "tunneld/auth/chap_md5.hpp"

#include "tunneld/auth/digests.hpp"
#include "tunneld/base/check.hpp"

namespace tunnel::auth {

namespace {

/// Loading it takes longer than a digest does.
const Digests& digests() {
  static const Digests all = Digests::common();
  return all;
}

}  // namespace

ChapMd5Response chap_md5_response(std::uint8_t identifier, const Secret& secret, Bytes challenge) {
  TUNNEL_CHECK(!secret.empty() && !challenge.empty());
  ChapMd5Response response{};
  const std::array<std::uint8_t, 1> first{identifier};
  digests().md5({first, secret.reveal(), challenge}, response);
  return response;
}

Verdict verify_chap_md5(const Peer& peer, Bytes claimed, std::uint8_t identifier, Bytes challenge,
                        Bytes response) {
  if (const auto refused = refuse(peer, claimed)) return *refused;
  if (response.empty()) return Verdict::EmptyResponse;
  if (challenge.empty() || response.size() != ChapMd5Response{}.size()) {
    return Verdict::MalformedLength;
  }
  auto expected = chap_md5_response(identifier, *peer.secret, challenge);
  const bool proven = constant_time_equal(expected, response);
  wipe(expected);
  return proven ? Verdict::Accepted : Verdict::WrongResponse;
}

}  // namespace tunnel::auth
