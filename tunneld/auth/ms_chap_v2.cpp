#include "tunneld/auth/ms_chap_v2.hpp"

#include "tunneld/auth/utf16.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/hex.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tunnel::auth {

namespace {

constexpr std::size_t kReserved = 8;
constexpr std::size_t kNtResponse = 24;

/// The parts of a Response's Value that are looked at.
struct ResponseFields {
  Bytes peer_challenge;
  Bytes nt_response;
};

std::optional<ResponseFields> parse_response(Bytes value) {
  ByteReader in{value};
  const auto peer_challenge = in.take(kMsChapV2Challenge);
  const auto reserved = in.take(kReserved);
  const auto nt_response = in.take(kNtResponse);
  const auto flags = in.u8();
  if (!peer_challenge || !reserved || !nt_response || !flags || !in.empty()) return std::nullopt;
  return ResponseFields{*peer_challenge, *nt_response};
}

/// "user" of "DOMAIN\user".
Bytes without_domain(Bytes name) {
  const auto backslash = std::find(name.rbegin(), name.rend(), std::uint8_t{'\\'});
  return Bytes{backslash.base(), name.end()};
}

Error unusable(Bytes challenge) {
  return make_error(std::errc::invalid_argument,
                    challenge.size() == kMsChapV2Challenge
                        ? "the secret for MS-CHAPv2 is empty or not UTF-8"
                        : "the peer's MS-CHAPv2 challenge has " + std::to_string(challenge.size()) +
                              " octets instead of 16");
}

}  // namespace

Result<MsChapV2> MsChapV2::load() {
  auto digests = Digests::with_legacy();
  if (!digests.has_value()) return digests.error();
  return MsChapV2{*std::move(digests)};
}

MsChapV2::Verified MsChapV2::verify(const Peer& peer, Bytes claimed, Bytes challenge,
                                    Bytes response) const {
  if (const auto refused = refuse(peer, claimed)) return {*refused};
  if (response.empty()) return {Verdict::EmptyResponse};
  const auto fields = parse_response(response);
  if (!fields || challenge.size() != kMsChapV2Challenge) return {Verdict::MalformedLength};
  Proof proof;
  if (!prove(claimed, *peer.secret, challenge, fields->peer_challenge, proof)) {
    return {Verdict::UnusableSecret};
  }
  if (!constant_time_equal(proof.nt_response.reveal(), fields->nt_response)) {
    return {Verdict::WrongResponse};
  }
  return {Verdict::Accepted,
          generate_authenticator_response(proof.password_hash.reveal(), fields->nt_response,
                                          proof.challenge_hash.reveal())};
}

Result<MsChapV2Response> MsChapV2::respond(std::string_view name, const Secret& secret,
                                           Bytes challenge, const MsChapV2Challenge& random) const {
  Proof proof;
  if (challenge.size() != kMsChapV2Challenge || secret.empty() ||
      !prove(to_bytes(name), secret, challenge, random, proof)) {
    return unusable(challenge);
  }
  MsChapV2Response value{};
  std::copy(random.begin(), random.end(), value.begin());
  const auto nt_response = proof.nt_response.reveal();
  std::copy(nt_response.begin(), nt_response.end(),
            std::next(value.begin(), kMsChapV2Challenge + kReserved));
  return value;
}

Result<std::string> MsChapV2::expected_success(std::string_view name, const Secret& secret,
                                               Bytes challenge,
                                               const MsChapV2Response& response) const {
  const auto fields = parse_response(response);
  TUNNEL_CHECK(fields);
  Proof proof;
  if (challenge.size() != kMsChapV2Challenge || secret.empty() ||
      !prove(to_bytes(name), secret, challenge, fields->peer_challenge, proof)) {
    return unusable(challenge);
  }
  return generate_authenticator_response(proof.password_hash.reveal(), fields->nt_response,
                                         proof.challenge_hash.reveal());
}

bool MsChapV2::prove(Bytes name, const Secret& secret, Bytes challenge, Bytes peer_challenge,
                     Proof& out) const {
  if (!nt_password_hash(secret, out.password_hash.writable())) return false;
  challenge_hash(peer_challenge, challenge, without_domain(name), out.challenge_hash.writable());
  challenge_response(out.challenge_hash.reveal(), out.password_hash.reveal(),
                     out.nt_response.writable());
  return true;
}

void MsChapV2::challenge_hash(Bytes peer_challenge, Bytes authenticator_challenge, Bytes user_name,
                              MutableBytes out) const {
  Wiped<20> digest;
  digests_.sha1({peer_challenge, authenticator_challenge, user_name}, digest.writable());
  const auto head = digest.reveal().first(out.size());
  std::copy(head.begin(), head.end(), out.begin());
}

bool MsChapV2::nt_password_hash(const Secret& password, MutableBytes out) const {
  const auto unicode = utf16_little_endian(password);
  if (!unicode) return false;
  digests_.md4({unicode->reveal()}, out);
  return true;
}

void MsChapV2::challenge_response(Bytes challenge, Bytes password_hash, MutableBytes out) const {
  TUNNEL_CHECK(password_hash.size() == 16 && out.size() == kNtResponse);
  Wiped<21> keys;  // the hash and five octets of zero: three keys of seven
  std::copy(password_hash.begin(), password_hash.end(), keys.writable().begin());
  for (std::size_t i = 0; i < 3; ++i) {
    digests_.des(keys.reveal().subspan(7 * i, 7), challenge, out.subspan(8 * i, 8));
  }
}

std::string MsChapV2::generate_authenticator_response(Bytes password_hash, Bytes nt_response,
                                                      Bytes challenge_hash) const {
  static const auto kMagic1 = to_bytes("Magic server to client signing constant");
  static const auto kMagic2 = to_bytes("Pad to make it do more than one iteration");
  Wiped<16> password_hash_hash;
  digests_.md4({password_hash}, password_hash_hash.writable());
  Wiped<20> digest;
  digests_.sha1({password_hash_hash.reveal(), nt_response, kMagic1}, digest.writable());
  Wiped<20> signature;
  digests_.sha1({digest.reveal(), challenge_hash, kMagic2}, signature.writable());
  return "S=" + to_hex(signature.reveal(), HexCase::Upper);
}

}  // namespace tunnel::auth
