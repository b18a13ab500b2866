// Floods, lies and noise.

#include "tests/ppp/scripted_peer.hpp"
#include "tests/ppp/silent_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace tunnel::ppp::test {
namespace {

using testing::AllOf;
using testing::Ge;
using testing::Le;
using testing::SizeIs;

class HostilePeer : public ScriptedPeer {
 protected:
  using ScriptedPeer::ScriptedPeer;
};

/// Whose link carries more than it must.
class HostileGuest : public HostilePeer {
 protected:
  HostileGuest() : HostilePeer{wishes()} {}

  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.ipv6.policy = Policy::Request;
    out.deflate = Policy::Request;
    return out;
  }
};

TEST_F(HostilePeer, GetsTenCodeRejectsASecond) {
  open_lcp();
  for (int i = 0; i < 10000; ++i) lcp(Code{99}, 1, {1});
  EXPECT_EQ(count(Protocol::Lcp, Code::CodeReject), 10U);
  now += 1s;
  for (int i = 0; i < 10000; ++i) lcp(Code{99}, 1, {1});
  EXPECT_EQ(count(Protocol::Lcp, Code::CodeReject), 20U);
  EXPECT_EQ(us.link.dropped().flooded, 20'000U - 20U);
}

TEST_F(HostilePeer, GetsTenProtocolRejectsASecond) {
  open_lcp();
  for (int i = 0; i < 10000; ++i) us.link.receive(Protocol{0x4003}, Octets(8, 1), now);
  EXPECT_EQ(count(Protocol::Lcp, Code::ProtocolReject), 10U);
  EXPECT_EQ(us.link.dropped().flooded, 10'000U - 10U);
}

TEST_F(HostilePeer, GetsAHundredEchoRepliesASecond) {
  open_lcp();
  for (int i = 0; i < 10000; ++i) lcp(Code::EchoRequest, 1, kPeerMagic);
  EXPECT_EQ(count(Protocol::Lcp, Code::EchoReply), 100U);
  EXPECT_EQ(us.link.dropped().flooded, 10'000U - 100U);
}

TEST_F(HostilePeer, IsReadTenIdentificationsASecond) {
  open_lcp();
  for (int i = 0; i < 10; ++i) lcp(Code::Identification, 1, joined({kPeerMagic, text("me")}));
  for (int i = 0; i < 100; ++i) lcp(Code::Identification, 1, joined({kPeerMagic, text("you")}));
  EXPECT_EQ(us.link.peer_ident(), "me");
  EXPECT_EQ(us.link.dropped().flooded, 100U);
  now += 1s;
  lcp(Code::Identification, 1, joined({kPeerMagic, text("you")}));
  EXPECT_EQ(us.link.peer_ident(), "you");
}

TEST_F(HostilePeer, HasWhatComesAtTheWrongTimeCounted) {
  start();
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);                                 // LCP is not up
  us.link.receive(Protocol::Chap, control(Code::ConfigureRequest, 1, {}), now);  // likewise
  EXPECT_EQ(us.link.dropped(), (DropCounters{.unexpected = 2}));
}

/// The log alone.
class Lines final : public SilentOutput {
 public:
  void log(Layer, std::string) override { ++written; }

  int written = 0;
};

TEST(PacketLog, MakesNoLineThatItDoesNotWrite) {
  Lines out;
  PacketLog log{out};
  int made = 0;
  for (int i = 0; i < 1000; ++i) {
    log.packet(Layer::Lcp, [&made] {
      ++made;
      return std::string{"line"};
    });
  }
  EXPECT_EQ(made, 200);
  EXPECT_EQ(out.written, 200);
}

TEST_F(HostilePeer, GetsItsConfigureRequestsAnsweredAtABoundedRate) {
  start();
  for (int i = 0; i < 4000; ++i) lcp(Code::ConfigureRequest, 1, kPeerRequest);
  const auto burst = count(Protocol::Lcp, Code::ConfigureAck);
  EXPECT_LE(burst, 40U);
  EXPECT_EQ(us.link.dropped().flooded, 4000U - burst);
  for (int i = 0; i < 1000; ++i) {
    now += 1ms;
    lcp(Code::ConfigureRequest, 1, kPeerRequest);
  }
  EXPECT_THAT(count(Protocol::Lcp, Code::ConfigureAck) - burst, AllOf(Ge(9U), Le(11U)));
}

TEST_F(HostilePeer, GetsItsTerminateRequestsAnsweredAtABoundedRate) {
  open_ip();
  for (int i = 0; i < 4000; ++i) lcp(Code::TerminateRequest, 1);
  const auto burst = count(Protocol::Lcp, Code::TerminateAck);
  EXPECT_THAT(burst, AllOf(Ge(30U), Le(40U)));
  EXPECT_EQ(us.link.dropped().flooded, 4000U - burst);
  for (int i = 0; i < 900; ++i) {
    now += 1ms;
    lcp(Code::TerminateRequest, 1);
  }
  EXPECT_THAT(count(Protocol::Lcp, Code::TerminateAck) - burst, AllOf(Ge(8U), Le(10U)));
}

TEST_F(HostilePeer, IsHeldDownWhenItFloodsUsWithTerminateRequests) {
  open_ip();
  for (int i = 0; i < 6000; ++i) lcp(Code::TerminateRequest, 1);
  EXPECT_EQ(us.reason(), "the peer floods us with LCP requests");
  EXPECT_EQ(us.finished_reasons[0].permanence, DownReason::Permanence::Abusive);
}

/// Options that are well-formed and unknown, of so many octets in all (never one).
Octets unknown_options(std::size_t octets) {
  Octets out;
  for (std::uint8_t type = 100; octets > 0; ++type) {
    const auto size = octets > 255 ? std::min<std::size_t>(255, octets - 2) : octets;
    Octets option(size, 0x55);
    option[0] = type;
    option[1] = static_cast<std::uint8_t>(size);
    out.insert(out.end(), option.begin(), option.end());
    octets -= size;
  }
  return out;
}

// RFC 1661 §6.1: what is longer than every peer takes could not be Ack'd or Rejected whole.
TEST_F(HostilePeer, GetsNoAnswerToAConfigureRequestLongerThanTheDefaultMru) {
  constexpr std::size_t kLongest = kDefaultMru - kControlHeader;
  start();
  us.forget();
  lcp(Code::ConfigureRequest, 1, unknown_options(kLongest + 1));
  EXPECT_THAT(us.sent, SizeIs(0));
  EXPECT_EQ(us.link.dropped().malformed, 1U);
  lcp(Code::ConfigureRequest, 2, unknown_options(kLongest));
  EXPECT_EQ(last(Protocol::Lcp, Code::ConfigureReject).data(), unknown_options(kLongest));
  EXPECT_EQ(us.link.dropped().malformed, 1U);
}

TEST_F(HostilePeer, IsHeldDownWhenItGoesOnFlooding) {
  start();
  for (int i = 0; i < 6000; ++i) lcp(Code::ConfigureRequest, 1, kPeerRequest);
  EXPECT_EQ(us.link.phase(), Phase::Dead);
  EXPECT_EQ(count(Protocol::Lcp, Code::TerminateRequest), 1U);
  EXPECT_EQ(us.reason(), "the peer floods us with LCP requests");
  EXPECT_EQ(us.finished_reasons[0].permanence, DownReason::Permanence::Abusive);
}

TEST_F(HostileGuest, CannotFloodAProtocolThatTheLinkCouldDoWithout) {
  open_ip();
  for (int i = 0; i < 6000; ++i) {
    us.link.receive(Protocol::Ipv6cp, control(Code::ConfigureRequest, 1), now);
  }
  EXPECT_EQ(us.reason(), "the peer floods us with IPV6CP requests");
  EXPECT_EQ(us.finished_reasons[0].permanence, DownReason::Permanence::Abusive);
}

TEST_F(HostilePeer, IsHeldDownAlsoWhenItFloodsALinkThatEnds) {
  open_ip();
  us.link.close("enough", now);
  for (int i = 0; i < 6000; ++i) lcp(Code::ConfigureRequest, 1, kPeerRequest);
  EXPECT_EQ(us.reason(), "the peer floods us with LCP requests");
}

TEST_F(HostilePeer, IsHeldDownAlsoWhenItFloodsALinkThatItHasEnded) {
  open_ip();
  us.forget();
  lcp(Code::TerminateRequest, 9);
  ASSERT_EQ(us.link.phase(), Phase::Terminate);
  for (int i = 0; i < 6000; ++i) lcp(Code::ConfigureRequest, 1, kPeerRequest);
  EXPECT_EQ(us.reason(), "the peer floods us with LCP requests");
}

TEST_F(HostileGuest, CannotFloodTheLogByEndingWhatIsAtRest) {
  open_ip();
  for (int i = 0; i < 10000; ++i) lcp(Code::ProtocolReject, 1, {0x80, 0xfd, 1, 1, 0, 4});
  for (int i = 0; i < 10000; ++i) {
    us.link.receive(Protocol::Ccp, control(Code::CodeReject, 1, {1, 1, 0, 4}), now);
  }
  EXPECT_THAT(us.lines, SizeIs(Le(300U)));
}

TEST_F(HostilePeer, CannotFloodTheLog) {
  start();
  for (int i = 0; i < 10000; ++i) lcp(Code{99}, 1, {1});
  for (int i = 0; i < 10000; ++i) lcp(Code::ConfigureAck, 0x99, {});
  for (int i = 0; i < 10000; ++i) us.link.receive(Protocol::Lcp, Octets{1}, now);
  EXPECT_THAT(us.lines, SizeIs(Le(210U)));
  EXPECT_EQ(us.link.dropped(),
            (DropCounters{.malformed = 10000, .unexpected = 10000, .flooded = 10000 - 10}));
  now += 1s;
  lcp(Code{99}, 1, {1});
  EXPECT_THAT(us.lines, testing::Contains(testing::MatchesRegex("LCP: [0-9]+ more suppressed")));
}

TEST_F(HostilePeer, CannotMakeALineLong) {
  open_lcp();
  lcp(Code::Identification, 1, joined({kPeerMagic, Octets(1400, 0x01)}));
  lcp(Code::TerminateRequest, 1, Octets(1400, 0x02));
  for (const auto& line : us.lines) EXPECT_LE(line.size(), 700U);
}

TEST_F(HostilePeer, SurvivesTruncationOfEveryPacketAtEveryLength) {
  const std::vector<Octets> packets{
      control(Code::ConfigureRequest, 1,
              joined({{1, 4, 5, 0xdc}, {2, 6, 0, 0, 0, 0}, kPeerRequest})),
      control(Code::ConfigureNak, 1, {1, 4, 5, 0xdc}),
      control(Code::TerminateRequest, 1, text("bye")),
      control(Code::CodeReject, 1, control(Code::EchoRequest, 1, kPeerMagic)),
      control(Code::ProtocolReject, 1, {0x80, 0xfd, 1, 1, 0, 4}),
      control(Code::EchoRequest, 1, joined({kPeerMagic, text("data")})),
      control(Code::Identification, 1, joined({kPeerMagic, text("me")})),
      control(Code::TimeRemaining, 1, joined({kPeerMagic, {0, 0, 0, 9}, text("x")}))};
  for (const auto& packet : packets) {
    for (std::size_t size = 0; size <= packet.size(); ++size) {
      for (const bool lengths_agree : {false, true}) {
        End fresh{options("10.224.1.1", "10.224.1.2")};
        fresh.link.transport_up(now);
        Octets cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
        if (lengths_agree && size >= 4) cut[3] = static_cast<std::uint8_t>(size);
        fresh.link.receive(Protocol::Lcp, cut, now);
        fresh.link.receive(Protocol::Ipcp, cut, now);
      }
    }
  }
}

/// A packet that is more or less one of the protocol's.
Octets nearly_valid(std::mt19937& random, const End& us) {
  Octets data;
  for (auto options = random() % 5; options > 0; --options) {
    const auto size = random() % 7;
    data.push_back(static_cast<std::uint8_t>(random() % 12));
    data.push_back(static_cast<std::uint8_t>(random() % 20 == 0 ? random() : size + 2));
    for (std::size_t i = 0; i < size; ++i) data.push_back(static_cast<std::uint8_t>(random()));
  }
  auto id = static_cast<std::uint8_t>(random() % 4);
  if (random() % 3 == 0 && !us.sent.empty()) {
    const auto& ours =
        us.sent[us.sent.size() - 1 - random() % std::min<std::size_t>(us.sent.size(), 3)];
    id = ours.id();
    if (random() % 2 == 0) data = ours.data();
  }
  auto packet = control(Code{static_cast<std::uint8_t>(random() % 15)}, id, data);
  if (random() % 20 == 0) packet[random() % packet.size()] = static_cast<std::uint8_t>(random());
  return packet;
}

// Deterministic, and in every state that chance leads to; the invariants are in the engines.
TEST_F(HostilePeer, CannotBreakTheEnginesWithNearlyValidPackets) {
  std::mt19937 random{7};
  unsigned opened = 0;
  unsigned ended = 0;
  for (std::uint32_t run = 0; run < 300; ++run) {
    End fresh{options("10.224.1.1", "10.224.1.2"), run};
    fresh.link.transport_up(now);
    for (int i = 0; i < 150; ++i) {
      now += std::chrono::milliseconds{random() % 400};
      const auto protocol = random() % 3 == 0 ? Protocol::Ipcp : Protocol::Lcp;
      fresh.link.receive(protocol, nearly_valid(random, fresh), now);
      opened += fresh.link.phase() == Phase::Network ? 1U : 0U;
      if (const auto due = fresh.link.deadline(); due && *due <= now) fresh.link.expire(now);
      if (random() % 300 == 0) fresh.link.close("x", now);
    }
    ended += fresh.finished_reasons.empty() ? 0U : 1U;
    ASSERT_LE(fresh.finished_reasons.size(), 1U);
    ASSERT_LE(fresh.network_downs, fresh.network_ups);
  }
  EXPECT_GT(opened, 0U);
  EXPECT_GT(ended, 0U);
}

TEST_F(HostilePeer, MayMakeTimeStandStillOrJump) {
  open_ip();
  now += 1000h;
  us.link.expire(now);
  EXPECT_TRUE(us.link.network_open());
  us.link.expire(now);
  us.link.expire(now);
  EXPECT_TRUE(us.link.network_open());
  EXPECT_LE(count(Protocol::Lcp, Code::EchoRequest), 1U);
}

}  // namespace
}  // namespace tunnel::ppp::test
