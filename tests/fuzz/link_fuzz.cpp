// One Link, begun from each scripted state, against any packets, times and answers. It never sends
// more for a call than its rate limits allow, never spins on its timers, says up and down in turn,
// and finishes exactly once for each transport_up().

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/ppp/fake_wire.hpp"
#include "tunneld/base/check.hpp"

#include <array>

namespace tunnel::ppp::test {
namespace {

/// A point of a link's life.
enum class Start : std::uint8_t {
  Initial,
  ReqSent,
  Opened,       // LCP alone, nothing of the layers above has been answered
  CheckByPap,   // the peer has to prove itself
  CheckByChap,  // likewise
  CheckByMsChap,
  ProveByPap,  // we have to
  ProveByChap,
  ProveByMsChap,
  Network,  // IPv4, IPv6 and compression are up
};
constexpr std::array kStarts{Start::Initial,    Start::ReqSent,     Start::Opened,
                             Start::CheckByPap, Start::CheckByChap, Start::CheckByMsChap,
                             Start::ProveByPap, Start::ProveByChap, Start::ProveByMsChap,
                             Start::Network};

constexpr std::array kProtocols{
    Protocol::Lcp,  Protocol::Ipcp, Protocol::Ipv6cp, Protocol::Ccp,  Protocol::Pap,
    Protocol::Chap, Protocol::Lqr,  Protocol::Ipv4,   Protocol::Ipv6, Protocol::Compressed};

/// What a single call may make the link send: a rejection or an answer, a request of each of the
/// layers that begin thereby, an identification.
constexpr std::size_t kMostForACall = 16;

std::optional<AuthMethod> method_of(Start start) {
  switch (start) {
    case Start::CheckByPap:
    case Start::ProveByPap:
      return AuthMethod::Pap;
    case Start::CheckByChap:
    case Start::ProveByChap:
      return AuthMethod::ChapMd5;
    case Start::CheckByMsChap:
    case Start::ProveByMsChap:
      return AuthMethod::MsChapV2;
    case Start::Initial:
    case Start::ReqSent:
    case Start::Opened:
    case Start::Network:
      return std::nullopt;
  }
  return std::nullopt;
}

LinkOptions with_all(LinkOptions out) {
  out.ipv6.policy = Policy::Request;
  out.deflate = Policy::Request;
  out.ipv4.dns = {Ipv4Address{0x0a000035}};
  out.ipv4.dns_policy = Policy::Request;
  out.lcp.ident = "us";
  out.auth.name = "somebody";
  return out;
}

/// The options of the end that is fuzzed, and of the one that helps it to its state.
std::array<LinkOptions, 2> options_of(Start start) {
  std::array out{with_all(home()), with_all(labs())};
  if (const auto method = method_of(start)) {
    const bool checks = start <= Start::CheckByMsChap;
    out[checks ? 0 : 1].auth.require = {*method};
    out[checks ? 1 : 0].auth.accept = {*method};
    out[checks ? 0 : 1].auth.rechallenge = 30s;
  }
  return out;
}

class Script {
 public:
  explicit Script(Start start) : wire_{options_of(start)[0], options_of(start)[1]} {
    if (start == Start::Initial) return;
    ++ups_;
    if (start == Start::ReqSent) {
      us_.link.transport_up(wire_.now);
      return;
    }
    wire_.answering = start == Start::Network;
    wire_.up();
    const auto until = wire_.now + 1s;
    while (!arrived(start) && wire_.step(until)) {
    }
    TUNNEL_CHECK(arrived(start));
  }

  void run(fuzz::Input& in) {
    while (!in.empty()) {
      const auto sent = us_.sent.size();
      step(in);
      TUNNEL_CHECK(us_.sent.size() - sent <= allowed_);
      check();
    }
    us_.link.transport_down(wire_.now);
    check();
    TUNNEL_CHECK(us_.link.phase() == Phase::Dead);
    TUNNEL_CHECK(us_.finished_reasons.size() == ups_);
    TUNNEL_CHECK(us_.network_downs <= us_.network_ups && !us_.agreed);
  }

 private:
  bool arrived(Start start) const {
    switch (start) {
      case Start::Initial:
      case Start::ReqSent:
        return true;
      case Start::Opened:
        return us_.link.phase() == Phase::Network;
      case Start::Network:
        return us_.link.open(Protocol::Ipv4) && us_.link.open(Protocol::Ipv6) &&
               us_.link.compresses() && us_.link.decompresses();
      case Start::CheckByPap:
      case Start::CheckByChap:
      case Start::CheckByMsChap:
      case Start::ProveByPap:
      case Start::ProveByChap:
      case Start::ProveByMsChap:
        return us_.link.phase() == Phase::Authenticate;
    }
    return false;
  }

  void step(fuzz::Input& in) {
    allowed_ = kMostForACall;
    switch (in.below(16)) {
      case 0:
        return receive_anything(in);
      case 1:
      case 2:
        return echo_request(in);
      case 3:
      case 4:
        return pass(std::chrono::milliseconds{in.u16()});
      case 5:
      case 6:
        return answer(in);
      case 7:
        return data(in);
      case 8:
        return restart(in);
      default:
        return receive_control(in);
    }
  }

  /// A whole control packet, of any code and content.
  void receive_control(fuzz::Input& in) {
    const auto protocol = kProtocols[in.below(kProtocols.size())];
    const Code code{in.below(2) == 0 ? static_cast<std::uint8_t>(in.below(17)) : in.u8()};
    const auto id = in.u8();
    us_.link.receive(protocol, build_control_packet(code, id, in.take(in.u8())), wire_.now);
  }

  void receive_anything(fuzz::Input& in) {
    us_.link.receive(Protocol{in.u16()}, in.take(in.u16()), wire_.now);
  }

  /// Our last request comes back as an answer of some code, as a whole or cut: what takes an
  /// automaton on, and what a looped wire does.
  void echo_request(fuzz::Input& in) {
    const auto protocol = kProtocols[in.below(4)];
    const auto requests = us_.sent_of(protocol, Code::ConfigureRequest);
    if (requests.empty()) return;
    const auto& last = requests.back();
    const Code code{static_cast<std::uint8_t>(1 + in.below(4))};
    auto data = last.data();
    if (in.below(4) == 0) data.resize(std::min<std::size_t>(data.size(), in.u8()));
    if (in.below(4) == 0 && !data.empty()) data[in.u8() % data.size()] ^= in.u8();
    us_.link.receive(protocol, build_control_packet(code, last.id(), data), wire_.now);
  }

  void answer(fuzz::Input& in) {
    const auto kind = in.below(6);
    if (us_.questions.empty() || kind == 0) return answer_unasked(in);
    const auto asked = std::move(us_.questions.front());
    us_.questions.pop_front();
    if (kind == 1) return;  // never answered
    if (kind == 2) return us_.link.answer(asked.serial, any_answer(in), wire_.now);
    us_.link.answer(asked.serial, wire_.a_secrets.answer(asked.question), wire_.now);
  }

  void answer_unasked(fuzz::Input& in) { us_.link.answer(in.u8(), any_answer(in), wire_.now); }

  static AuthAnswer any_answer(fuzz::Input& in) {
    const auto kind = in.below(4);
    const auto octets = in.take(in.u16() % 300);
    const std::string words(octets.begin(), octets.end());
    switch (kind) {
      case 0:
        return Challenge{{octets.begin(), octets.end()}};
      case 1:
        return AuthDecision{
            in.below(2) == 0 ? AuthDecision::Outcome::Refused : AuthDecision::Outcome::Accepted,
            words, words};
      case 2:
        return Proof{words, Secret{{octets.begin(), octets.end()}}, words};
      default:
        return NoProof{words};
    }
  }

  void data(fuzz::Input& in) {
    const auto packet = in.take(in.u8());
    if (us_.link.decompresses()) {
      if (in.below(4) == 0) us_.link.note_uncompressed(Protocol::Ipv4, packet, wire_.now);
      const auto content = us_.link.decompress(packet, wire_.now);
      if (content) TUNNEL_CHECK(content->size() <= std::size_t{0x10000});
    }
    if (us_.link.compresses()) us_.link.compress(Protocol::Ipv4, packet);
  }

  void restart(fuzz::Input& in) {
    const auto kind = in.below(4);
    if (kind == 0) us_.link.transport_down(wire_.now);
    if (kind == 1) us_.link.close("enough", wire_.now);
    if (us_.link.phase() != Phase::Dead) return;
    us_.link.transport_up(wire_.now);
    ++ups_;
  }

  /// Every deadline in the time that passes is met, at its very moment.
  void pass(Duration time) {
    const auto until = wire_.now + time;
    unsigned expirations = 0;
    for (auto due = us_.link.deadline(); due && *due <= until; due = us_.link.deadline()) {
      wire_.now = std::max(wire_.now, *due);
      us_.link.expire(wire_.now);
      const auto next = us_.link.deadline();
      TUNNEL_CHECK(!next || *next > wire_.now);
      TUNNEL_CHECK(++expirations <= 1000);
    }
    wire_.now = until;
    allowed_ += expirations * kMostForACall;
  }

  void check() const {
    TUNNEL_CHECK(us_.agreed.has_value() == us_.link.network_open());
    const auto finished = us_.finished_reasons.size();
    TUNNEL_CHECK(finished + (us_.link.phase() == Phase::Dead ? 0 : 1) == ups_);
    TUNNEL_CHECK(finished == 0 || !us_.finished_reasons.back().text.empty());
    if (us_.link.phase() == Phase::Dead) TUNNEL_CHECK(!us_.link.deadline());
  }

  FakeWire wire_;
  End& us_ = wire_.a;
  std::size_t ups_ = 0;  // of the transport
  std::size_t allowed_ = kMostForACall;
};

}  // namespace
}  // namespace tunnel::ppp::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ppp::test;
  tunnel::fuzz::Input in{{data, size}};
  Script script{kStarts[in.below(kStarts.size())]};
  script.run(in);
  return 0;
}
