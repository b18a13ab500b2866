#include "tunneld/auth/authority.hpp"

#include "tunneld/auth/chap_md5.hpp"
#include "tunneld/auth/pap.hpp"
#include "tunneld/base/check.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tunnel::auth {

namespace {

using Outcome = Authority::Decision::Outcome;

void fill_randomly(MutableBytes out) {
  const auto got = ::getrandom(out.data(), out.size(), 0);
  TUNNEL_CHECK(got == static_cast<ssize_t>(out.size()));  // never short of so few octets
}

bool lists(const std::vector<AuthMethod>& methods, AuthMethod method) noexcept {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

Authority::Decision refused(std::string reason) {
  return {Outcome::Refused, {}, std::move(reason)};
}

Authority::Decision decision(Verdict verdict) {
  if (verdict == Verdict::Accepted) return {Outcome::Accepted, {}, {}};
  return refused(std::string{words(verdict)});
}

template <std::size_t Size>
Secret secret_copy(const std::array<std::uint8_t, Size>& octets) {
  return Secret{{octets.begin(), octets.end()}};
}

}  // namespace

void Authority::prepare() {
  const auto known = [this](AuthMethod method) {
    return lists(terms_.require, method) || lists(terms_.accept, method);
  };
  if (known(AuthMethod::MsChapV2)) static_cast<void>(ms_chap_v2());
  if (known(AuthMethod::ChapMd5)) {
    const std::array<std::uint8_t, 1> anything{1};
    static_cast<void>(chap_md5_response(0, secret_copy(anything), anything));
  }
}

std::vector<std::uint8_t> Authority::challenge() {
  challenge_.resize(kMsChapV2Challenge);  // which does for CHAP-MD5, too
  fill_randomly(challenge_);
  return challenge_;
}

Authority::Decision Authority::check(AuthMethod method, std::uint8_t id, Bytes name,
                                     Bytes response) {
  auto made = judge(method, id, name, response);
  challenge_.clear();
  passed_ = made.outcome == Outcome::Accepted;
  return made;
}

Authority::Decision Authority::judge(AuthMethod method, std::uint8_t id, Bytes name,
                                     Bytes response) {
  if (!lists(terms_.require, method)) return refused("a method that was not asked for");
  const Peer peer{terms_.peer, find_(terms_.peer)};
  if (method == AuthMethod::Pap) return decision(verify_pap(peer, name, response));
  if (challenge_.empty()) return refused("a response without a challenge");
  if (method == AuthMethod::MsChapV2) return judge_ms_chap_v2(peer, name, challenge_, response);
  return decision(verify_chap_md5(peer, name, id, challenge_, response));
}

Authority::Decision Authority::judge_ms_chap_v2(const Peer& peer, Bytes name, Bytes challenge,
                                                Bytes response) {
  const auto* engine = ms_chap_v2();
  if (engine == nullptr) return refused(why_not_);
  auto verified = engine->verify(peer, name, challenge, response);
  auto made = decision(verified.verdict);
  made.message = std::move(verified.authenticator_response);
  return made;
}

std::variant<Authority::Proof, std::string> Authority::prove(AuthMethod method, std::uint8_t id,
                                                             Bytes challenge) {
  if (!lists(terms_.accept, method)) return "the profile does not list it";
  if (method != AuthMethod::Pap && challenge.empty()) return "the challenge is empty";
  if (constant_time_equal(challenge_, challenge)) return "the challenge is our own";
  const auto* secret = find_(terms_.name);
  if (secret == nullptr || secret->empty()) {
    return "there is no secret for our name \"" + terms_.name + "\"";
  }
  switch (method) {
    case AuthMethod::Pap: {
      const auto octets = secret->reveal();
      return Proof{terms_.name, Secret{{octets.begin(), octets.end()}}, {}};
    }
    case AuthMethod::ChapMd5:
      return Proof{terms_.name, secret_copy(chap_md5_response(id, *secret, challenge)), {}};
    case AuthMethod::MsChapV2:
      return prove_ms_chap_v2(challenge, *secret);
  }
  return "no such method";
}

std::variant<Authority::Proof, std::string> Authority::prove_ms_chap_v2(Bytes challenge,
                                                                        const Secret& secret) {
  const auto* engine = ms_chap_v2();
  if (engine == nullptr) return why_not_;
  MsChapV2Challenge random{};
  fill_randomly(random);
  const auto response = engine->respond(terms_.name, secret, challenge, random);
  if (!response) return response.error().message();
  auto expected = engine->expected_success(terms_.name, secret, challenge, *response);
  if (!expected) return expected.error().message();
  return Proof{terms_.name, secret_copy(*response), std::move(*expected)};
}

const MsChapV2* Authority::ms_chap_v2() {
  if (!ms_chap_v2_ && why_not_.empty()) {
    auto loaded = MsChapV2::load();
    if (loaded) {
      ms_chap_v2_.emplace(std::move(*loaded));
    } else {
      why_not_ = loaded.error().message();
    }
  }
  return ms_chap_v2_ ? &*ms_chap_v2_ : nullptr;
}

}  // namespace tunnel::auth
