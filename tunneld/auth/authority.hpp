#pragma once

#include "tunneld/auth/ms_chap_v2.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/ppp_terms.hpp"
#include "tunneld/base/secret.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::auth {

/// Who is to be whom on one link.
struct Terms {
  std::vector<AuthMethod> require;  // how the peer may prove itself; empty: it need not
  std::vector<AuthMethod> accept;   // how this end may be asked to
  std::string name;                 // this end's
  std::string peer;                 // the name that the peer must prove
};

/// Makes and checks the proofs of PPP authentication for one link. Whoever has the secrets has
/// this; the engine, which reads the peer's octets, only asks it, and never sees a secret (but
/// PAP's password, which it must send).
class Authority {
 public:
  /// The secret of a name; nullptr: none is known. It must live until the next call.
  using FindSecret = std::function<const Secret*(std::string_view name)>;

  Authority(Terms terms, FindSecret find) : terms_{std::move(terms)}, find_{std::move(find)} {}

  /// Loads what the methods of the terms need of OpenSSL, from files. Otherwise that is done when
  /// one is used first.
  void prepare();

  struct Decision {
    enum class Outcome : std::uint8_t { Refused, Accepted };

    Outcome outcome = Outcome::Refused;
    std::string message;  // for an MS-CHAPv2 Success packet
    std::string reason;   // of a refusal, without a secret in it
  };

  struct Proof {
    std::string name;
    Secret response;       // CHAP's value, or PAP's password
    std::string expected;  // MS-CHAPv2: how the Success packet must begin
  };

  /// A new one, the only one that check() will take a response to.
  std::vector<std::uint8_t> challenge();
  /// Whether the peer is who it must be. A challenge serves once.
  Decision check(AuthMethod method, std::uint8_t id, Bytes name, Bytes response);
  /// Our own proof, by a method of `accept`, and never for a challenge of ours; or why there is
  /// none.
  std::variant<Proof, std::string> prove(AuthMethod method, std::uint8_t id, Bytes challenge);

  /// Whether the peer has proved itself, or need not.
  bool satisfied() const noexcept { return passed_ || terms_.require.empty(); }

  /// A link of an earlier daemon, which had satisfied that one.
  void adopt() noexcept { passed_ = true; }

  /// Another link, or another negotiation of it.
  void forget() noexcept {
    passed_ = false;
    challenge_.clear();
  }

 private:
  Decision judge(AuthMethod method, std::uint8_t id, Bytes name, Bytes response);
  Decision judge_ms_chap_v2(const Peer& peer, Bytes name, Bytes challenge, Bytes response);
  std::variant<Proof, std::string> prove_ms_chap_v2(Bytes challenge, const Secret& secret);
  /// nullptr: OpenSSL lacks what it needs; why_not_ says so.
  const MsChapV2* ms_chap_v2();

  Terms terms_;
  FindSecret find_;
  std::vector<std::uint8_t> challenge_;  // empty: none is outstanding
  bool passed_ = false;
  std::optional<MsChapV2> ms_chap_v2_;
  std::string why_not_;
};

}  // namespace tunnel::auth
