#pragma once

#include "tests/ppp/fake_link.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::ppp::test {

using Octets = std::vector<std::uint8_t>;

inline Octets text(const std::string& words) {
  return {words.begin(), words.end()};
}

inline Octets joined(std::initializer_list<Octets> parts) {
  Octets out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline const Octets kPeerMagic{0x01, 0x02, 0x03, 0x04};
inline const Octets kPeerRequest{5, 6, 0x01, 0x02, 0x03, 0x04};  // Magic-Number
inline const Octets kPeerAddress{3, 6, 10, 224, 1, 2};           // what `home` expects
inline const Octets kOurAddress{3, 6, 10, 224, 1, 1};

/// One end of ours, and a peer whose every packet the test writes.
class ScriptedPeer : public testing::Test {
 protected:
  explicit ScriptedPeer(LinkOptions wishes = options("10.224.1.1", "10.224.1.2"))
      : us{std::move(wishes)} {}

  void lcp(Code code, std::uint8_t id, const Octets& data = {}) {
    us.link.receive(Protocol::Lcp, control(code, id, data), now);
  }

  void ipcp(Code code, std::uint8_t id, const Octets& data = {}) {
    us.link.receive(Protocol::Ipcp, control(code, id, data), now);
  }

  /// The last packet of that kind that we sent; an empty one when there is none.
  Packet last(Protocol protocol, Code code) const {
    const auto found = us.sent_of(protocol, code);
    return found.empty() ? Packet{} : found.back();
  }

  std::size_t count(Protocol protocol, Code code) const {
    return us.sent_of(protocol, code).size();
  }

  void answer_lcp(Code code) {
    const auto request = last(Protocol::Lcp, Code::ConfigureRequest);
    lcp(code, request.id(), request.data());
  }

  void answer_ipcp(Code code) {
    const auto request = last(Protocol::Ipcp, Code::ConfigureRequest);
    ipcp(code, request.id(), request.data());
  }

  void start() { us.link.transport_up(now); }

  void open_lcp(const Octets& request = kPeerRequest) {
    start();
    lcp(Code::ConfigureRequest, 1, request);
    answer_lcp(Code::ConfigureAck);
    ASSERT_EQ(us.link.phase(), Phase::Network);
  }

  void open_ip() {
    open_lcp();
    ipcp(Code::ConfigureRequest, 1, kPeerAddress);
    answer_ipcp(Code::ConfigureAck);
    ASSERT_TRUE(us.link.network_open());
  }

  /// Lets time pass, expiring what is due.
  void pass(Duration time) {
    const auto until = now + time;
    while (const auto due = us.link.deadline()) {
      if (*due > until) break;
      now = std::max(now, *due);
      us.link.expire(now);
    }
    now = until;
  }

  End us;
  TimePoint now{1h};
};

}  // namespace tunnel::ppp::test
