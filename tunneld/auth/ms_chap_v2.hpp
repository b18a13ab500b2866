#pragma once

#include "tunneld/auth/digests.hpp"
#include "tunneld/auth/peer.hpp"
#include "tunneld/auth/wiped.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace tunnel::auth {

/// Both ends' challenges have this size (RFC 2759 §3 and §4).
inline constexpr std::size_t kMsChapV2Challenge = 16;

using MsChapV2Challenge = std::array<std::uint8_t, kMsChapV2Challenge>;

/// The Value of a Response (RFC 2759 §4): 16 octets of peer challenge, 8 of zero, 24 of NT
/// response, one of flags.
using MsChapV2Response = std::array<std::uint8_t, 49>;

/// MS-CHAPv2's two proofs: that of the peer, and that of the authenticator in the Success packet.
///
/// A name may come as "DOMAIN\user"; the whole of it is what is compared, and what stands behind
/// the last backslash is what is hashed (RFC 2759 §8.2). The octets of a response that must be zero
/// are not looked at: there are peers that leave something in them, and nothing depends on it.
class MsChapV2 {
 public:
  /// The error is a sentence for the log: OpenSSL's legacy provider is missing.
  static Result<MsChapV2> load();

  struct Verified {
    Verdict verdict = Verdict::WrongResponse;
    /// "S=" and 40 hexadecimal digits, for the Success packet; empty unless accepted.
    std::string authenticator_response{};
  };

  /// Whether the Response to our Challenge proves the peer's name.
  Verified verify(const Peer& peer, Bytes claimed, Bytes challenge, Bytes response) const;

  /// Our own Response to the peer's Challenge; `random` is this end's challenge, new each time.
  /// Fails when the peer's challenge has not 16 octets, or the secret is empty or not UTF-8.
  Result<MsChapV2Response> respond(std::string_view name, const Secret& secret, Bytes challenge,
                                   const MsChapV2Challenge& random) const;

  /// What a Success packet must begin with if the authenticator knows the secret too, for a
  /// response of respond()'s. Fails as respond() does.
  Result<std::string> expected_success(std::string_view name, const Secret& secret, Bytes challenge,
                                       const MsChapV2Response& response) const;

  // RFC 2759 §8, step by step, under its names.

  /// §8.2: 8 octets.
  void challenge_hash(Bytes peer_challenge, Bytes authenticator_challenge, Bytes user_name,
                      MutableBytes out) const;
  /// §8.3: 16 octets; false for a password that is not UTF-8.
  [[nodiscard]] bool nt_password_hash(const Secret& password, MutableBytes out) const;
  /// §8.5: 24 octets.
  void challenge_response(Bytes challenge, Bytes password_hash, MutableBytes out) const;
  /// §8.7
  std::string generate_authenticator_response(Bytes password_hash, Bytes nt_response,
                                              Bytes challenge_hash) const;

 private:
  /// What is computed from a secret for one exchange.
  struct Proof {
    Wiped<8> challenge_hash{};
    Wiped<16> password_hash{};
    Wiped<24> nt_response{};
  };

  explicit MsChapV2(Digests digests) noexcept : digests_{std::move(digests)} {}

  [[nodiscard]] bool prove(Bytes name, const Secret& secret, Bytes challenge, Bytes peer_challenge,
                           Proof& out) const;

  Digests digests_;
};

}  // namespace tunnel::auth
