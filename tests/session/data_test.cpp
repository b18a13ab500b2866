// Two sessions on one stream: what crosses, and what is dropped.

#include "pppd-bridge/hdlc/encoder.hpp"
#include "pppd-bridge/segments/packet_view.hpp"
#include "tests/segments/packets.hpp"
#include "tests/session/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <random>
#include <string>
#include <tuple>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const auto kHome = address("10.224.1.1");
const auto kLabs = address("10.224.1.2");

/// Sends packets of random sizes one way and compares what arrives, octet by octet. Few are under
/// way at once, as the socket that stands for a tun device drops what it has no room for.
class Traffic {
 public:
  Traffic(const End& from, const End& to, Ipv4Address source, int count)
      : from_{from}, to_{to}, source_{source}, left_{count}, random_{source.value} {}

  /// Sends and receives what it can; true once all has arrived.
  bool work() {
    constexpr std::size_t kUnderWay = 40;
    while (left_ > 0 && expected_.size() < kUnderWay) {
      auto packet = packet_from(source_, 20 + random_() % 1481, static_cast<std::uint32_t>(left_));
      if (!from_.put(packet)) break;
      expected_.push_back(std::move(packet));
      --left_;
    }
    for (const auto& packet : to_.take()) {
      EXPECT_FALSE(expected_.empty());
      if (expected_.empty()) return true;
      EXPECT_EQ(packet, expected_.front());
      octets_ += packet.size();
      expected_.pop_front();
    }
    return left_ == 0 && expected_.empty();
  }

  std::uint64_t octets() const { return octets_; }

 private:
  const End& from_;
  const End& to_;
  Ipv4Address source_;
  int left_;
  std::mt19937 random_;
  std::deque<Packet> expected_;
  std::uint64_t octets_ = 0;
};

/// Lets everything that is under way arrive: a last packet, that is never dropped, is the sign.
std::vector<Packet> arrivals(Wire& wire, const End& from, const End& to, Ipv4Address source) {
  const auto last = packet_from(source, 21, 0xffffffff);
  EXPECT_TRUE(from.put(last));
  std::vector<Packet> all;
  EXPECT_TRUE(wire.run_until([&] {
    for (auto& packet : to.take()) all.push_back(std::move(packet));
    return !all.empty() && all.back() == last;
  }));
  if (!all.empty()) all.pop_back();
  return all;
}

TEST(Packets, TenThousandCrossEachWayOctetByOctet) {
  constexpr int kCount = 10000;
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  Traffic there{wire.a, wire.b, kHome, kCount};
  Traffic back{wire.b, wire.a, kLabs, kCount};
  ASSERT_TRUE(wire.run_until(
      [&] {
        const bool all_there = there.work();
        return back.work() && all_there;
      },
      60s));
  const auto& a = wire.a.session->counters();
  const auto& b = wire.b.session->counters();
  EXPECT_EQ(a.packets_out, kCount);
  EXPECT_EQ(a.bytes_out, there.octets());
  EXPECT_EQ(b.packets_in, kCount);
  EXPECT_EQ(b.bytes_in, there.octets());
  EXPECT_EQ(b.packets_out, kCount);
  EXPECT_EQ(a.bytes_in, back.octets());
  EXPECT_EQ(wire.a.session->bad_frames() + wire.b.session->bad_frames(), 0U);
  EXPECT_EQ(a.wire_bytes_out, b.wire_bytes_in);
  EXPECT_EQ(b.wire_bytes_out, a.wire_bytes_in);
  EXPECT_GT(a.wire_bytes_out, a.bytes_out);
}

TEST(Packets, FromBeforeTheLinkWasUpAreDroppedAndCounted) {
  Wire wire;
  ASSERT_TRUE(wire.a.put(packet_from(kHome, 100)));
  ASSERT_TRUE(wire.a.put(packet_from(kHome, 101)));
  ASSERT_TRUE(wire.bring_up());
  EXPECT_THAT(arrivals(wire, wire.a, wire.b, kHome), IsEmpty());
  EXPECT_EQ(wire.a.session->counters().dropped_down, 2U);
}

TEST(Packets, OfTheLongestMruCross) {
  Wire wire;
  wire.a.parts.ppp.lcp.mru = wire.b.parts.ppp.lcp.mru = Mru{65535};
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(kHome, 65535);
  ASSERT_TRUE(wire.a.put(packet));
  std::vector<Packet> got;
  ASSERT_TRUE(wire.run_until([&] {
    got = wire.b.take();
    return !got.empty();
  }));
  EXPECT_EQ(got.front(), packet);
}

// With the longest MRU, a frame whose header is compressed has room for padding (RFC 1661 §2)
// beyond the longest packet: also behind a SYN, which is copied to be changed.
TEST(Packets, WithPaddingBeyondTheLongestMruCross) {
  Wire wire;
  wire.a.parts.ppp.lcp.mru = wire.b.parts.ppp.lcp.mru = Mru{65535};
  ASSERT_TRUE(wire.bring_up());
  auto syn = segments::test::build({.flags = segments::tcp::kSyn});
  syn.resize(65536, 0x41);
  constexpr std::array<std::uint8_t, 1> kIpv4{0x21};
  Packet octets(hdlc::encoded_bound(kIpv4.size() + syn.size()));
  octets.resize(hdlc::encode_frame(kIpv4, syn, {}, hdlc::OpeningFlag::Written, octets));
  wire.inject_towards_b(std::string{octets.begin(), octets.end()});
  std::vector<Packet> got;
  ASSERT_TRUE(wire.run_until([&] {
    got = wire.b.take();
    return !got.empty();
  }));
  EXPECT_EQ(got.front(), syn);
}

TEST(Packets, WithASpoofedSourceAreDroppedAndCounted) {
  const std::vector networks{network("192.168.253.0/24")};
  Wire wire;
  wire.a.parts.sources.emplace(PeerAddresses{.ipv4 = kLabs}, networks);
  ASSERT_TRUE(wire.bring_up());
  const auto good = packet_from(address("192.168.253.7"), 100);
  for (const auto* source : {"8.8.8.8", "127.0.0.1", "10.224.1.1", "192.168.252.7"}) {
    ASSERT_TRUE(wire.b.put(packet_from(address(source), 100)));
  }
  ASSERT_TRUE(wire.b.put(good));
  EXPECT_THAT(arrivals(wire, wire.b, wire.a, kLabs), ElementsAre(good));
  EXPECT_EQ(wire.a.session->counters().dropped_source, 4U);
  EXPECT_EQ(wire.a.session->counters().packets_in, 2U);
}

TEST(Packets, OfAnySourceAreTakenWhereNoneAreNamed) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(address("8.8.8.8"), 100);
  ASSERT_TRUE(wire.b.put(packet));
  EXPECT_THAT(arrivals(wire, wire.b, wire.a, kLabs), ElementsAre(packet));
}

TEST(Packets, WithABrokenHeaderAreDroppedAndCounted) {
  Wire wire;
  wire.a.parts.sources.emplace(PeerAddresses{.ipv4 = kLabs}, std::span<const Prefix>{});
  ASSERT_TRUE(wire.bring_up());
  auto longer_than_it_is = packet_from(kLabs, 100);
  longer_than_it_is.resize(50);
  ASSERT_TRUE(wire.b.put(longer_than_it_is));
  ASSERT_TRUE(wire.b.put(Packet{0x45}));
  EXPECT_THAT(arrivals(wire, wire.b, wire.a, kLabs), IsEmpty());
  EXPECT_EQ(wire.a.session->counters().dropped_malformed, 2U);
}

TEST(Packets, OverThePeersMruAreDroppedAndCounted) {
  Wire wire;
  wire.a.parts.ppp.lcp.mru = Mru{1400};
  ASSERT_TRUE(wire.bring_up());
  const auto fits = packet_from(kLabs, 1400);
  ASSERT_TRUE(wire.b.put(packet_from(kLabs, 1401)));
  ASSERT_TRUE(wire.b.put(fits));
  ASSERT_TRUE(wire.b.put(packet_from(kLabs, 65535)));
  EXPECT_THAT(arrivals(wire, wire.b, wire.a, kLabs), ElementsAre(fits));
  EXPECT_EQ(wire.b.session->counters().dropped_too_big, 2U);
  EXPECT_EQ(wire.a.session->bad_frames(), 0U);  // they were not even sent
}

TEST(Packets, OfAnotherProtocolStayHereAndAreCounted) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  Packet ipv6(40, 0);
  ipv6[0] = 0x60;
  ASSERT_TRUE(wire.b.put(ipv6));
  EXPECT_THAT(arrivals(wire, wire.b, wire.a, kLabs), IsEmpty());
  EXPECT_EQ(wire.b.session->counters().dropped_down, 1U);
}

TEST(Packets, ThatTheTunDeviceDoesNotTakeAreCounted) {
  Wire wire;
  ASSERT_TRUE(wire.bring_up());
  std::uint64_t sent = 0;
  // Nobody reads what arrives at a, until there is no room for more.
  ASSERT_TRUE(wire.run_until([&] {
    if (wire.b.put(packet_from(kLabs, 1500))) ++sent;
    return wire.a.session->counters().dropped_tun > 0;
  }));
  const auto& counted = wire.a.session->counters();
  EXPECT_EQ(counted.packets_in, wire.a.take().size());
  EXPECT_LE(counted.packets_in + counted.dropped_tun, sent);
}

using Saturated = testing::TestWithParam<std::tuple<Medium, Policy>>;

// Both tun devices offer more than the stream can take, all the time.
TEST_P(Saturated, BothWaysALinkDoesNotDeadlock) {
  constexpr std::uint64_t kEnough = 10000;
  const auto& [medium, vendor] = GetParam();
  Wire wire{medium};
  wire.a.parts.ppp.lcp.policy.vendor = vendor;
  ASSERT_TRUE(wire.bring_up());
  const auto there = packet_from(kHome, 1500, 1);
  const auto back = packet_from(kLabs, 1500, 2);
  ASSERT_TRUE(wire.run_until(
      [&] {
        while (wire.a.put(there)) continue;
        while (wire.b.put(back)) continue;
        wire.a.take();
        wire.b.take();
        return wire.a.session->counters().packets_out > kEnough &&
               wire.b.session->counters().packets_out > kEnough;
      },
      60s));
  EXPECT_THAT(wire.a.reasons, IsEmpty());
  EXPECT_THAT(wire.b.reasons, IsEmpty());
  EXPECT_GT(wire.a.session->counters().packets_in, kEnough / 4);
  EXPECT_GT(wire.b.session->counters().packets_in, kEnough / 4);
}

INSTANTIATE_TEST_SUITE_P(Packets, Saturated,
                         testing::Combine(testing::Values(Medium::Socket, Medium::Pipes),
                                          testing::Values(Policy::Request, Policy::Deny)),
                         [](const auto& of) {
                           return std::string{std::get<0>(of.param) == Medium::Socket ? "Socket"
                                                                                      : "Pipes"} +
                                  (std::get<1>(of.param) == Policy::Request ? "BetweenOurs"
                                                                            : "ToAForeignEnd");
                         });

// While the peer takes nothing, packets wait in a queue that is bounded, and that is told what to
// throw away; the kernel's would do that blindly.
TEST(Packets, WaitInABoundedQueueWhileTheStreamIsFull) {
  Wire wire;
  wire.a.parts.ppp.echo_interval = 0ms;
  ASSERT_TRUE(wire.bring_up());
  const auto packet = packet_from(kHome, 1500);
  const auto& queue = wire.a.session->outbound().queue();
  std::uint64_t put = 0;
  while (queue.counters().full.packets < 100 && !HasFatalFailure()) {
    while (wire.a.put(packet)) ++put;
    wire.a.turn(wire.a.now());
  }
  EXPECT_LE(queue.bytes(), 4U * 1024 * 1024);
  // Nothing else is lost when the peer reads again.
  EXPECT_TRUE(wire.run_until(
      [&] {
        const auto& there = wire.b.session->counters();
        const auto lost = queue.counters().full.packets + queue.counters().codel.packets;
        wire.b.take();
        return there.packets_in + there.dropped_tun + lost == put;
      },
      5s));
  EXPECT_EQ(wire.a.session->counters().packets_out,
            put - queue.counters().full.packets - queue.counters().codel.packets);
}

}  // namespace
}  // namespace tunnel::session::test
