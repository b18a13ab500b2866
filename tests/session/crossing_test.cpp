// What the kernel of one end sends arrives at the other's as if nobody had been between them: every
// kind of device at either end, frames of our own or not, and all that PPP may agree on.

#include "tests/session/kernel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;
using segments::Gso;
using segments::test::random_description;
using segments::test::random_octets;
using segments::test::read_description;

struct Device {
  const char* name;
  tun::Features features;
};

const Device kDevices[] = {{"Plain", {}},
                           {"Header", {.header = true}},
                           {"Tcp", {.header = true, .tcp = true}},
                           {"TcpAndUdp", {.header = true, .tcp = true, .udp = true}}};

/// What the two ends have for each other, apart from their devices.
struct Terms {
  const char* name;
  Policy a_vendor = Policy::Request;
  Policy b_vendor = Policy::Request;
  Policy deflate = Policy::Deny;
  Fcs fcs = Fcs::Ccitt16;
  std::uint32_t accm = 0;
  std::uint16_t a_mru = 1500;
  std::uint16_t b_mru = 1500;

  bool whole() const { return grants(a_vendor) && grants(b_vendor) && deflate == Policy::Deny; }
};

const Terms kTerms[] = {
    {.name = "ours"},
    {.name = "ours, another MRU", .fcs = Fcs::Ccitt32, .a_mru = 9000, .b_mru = 1280},
    {.name = "ours, Deflate", .deflate = Policy::Request},
    {.name = "a is foreign", .a_vendor = Policy::Deny, .accm = 0xffff'ffff},
    {.name = "b is foreign, FCS-32", .b_vendor = Policy::Deny, .fcs = Fcs::Ccitt32, .b_mru = 1400},
    {.name = "b is foreign, Deflate", .b_vendor = Policy::Deny, .deflate = Policy::Request},
};

void agree_on(End& end, const Terms& terms, std::uint16_t mru) {
  auto& ppp = end.parts.ppp;
  ppp.lcp.mru = Mru{mru};
  ppp.lcp.accm = terms.accm;
  ppp.lcp.fcs = terms.fcs;
  ppp.lcp.policy.fcs = Policy::Request;
  ppp.deflate = terms.deflate;
  ppp.ipv6.policy = Policy::Request;
  ppp.echo_interval = 0ms;
}

/// A few flows of TCP and UDP over both families, whose packets are of all sizes.
class Flows {
 public:
  Flows(std::size_t mru, std::uint32_t seed) : mru_{mru}, random_{seed} {
    for (std::uint8_t i = 0; i < kFlows; ++i) {
      auto flow = random_description(random_, 0);
      flow.source_port = i;
      if (i < kKinds.size()) std::tie(flow.kind, flow.udp_family) = kKinds[i];
      flow.flags = segments::tcp::kAck;
      flow.network_options = i == 0 ? Packet{1, 1, 1, 0} : Packet{};
      if (flow.family() == Family::Ipv6) flow.network_options.clear();
      flows_.push_back(flow);
    }
  }

  /// What goes out next, of any flow: not much at once, for the socket that stands for a device has
  /// no room for it.
  std::vector<Sent> next() {
    std::vector<Sent> batch;
    std::size_t octets = 0;
    std::size_t segments = 0;
    while (octets < 40'000 && segments < 60) {
      auto sent = one_of(flows_[random_() % flows_.size()]);
      octets += sent.what.payload.size();
      segments += 1 + sent.what.payload.size() / sent.segment_size;
      batch.push_back(std::move(sent));
    }
    return batch;
  }

 private:
  static constexpr std::uint8_t kFlows = 6;
  static constexpr std::array<std::pair<Gso, Family>, 4> kKinds{{{Gso::Tcp4, Family::Ipv4},
                                                                 {Gso::Tcp6, Family::Ipv6},
                                                                 {Gso::Udp, Family::Ipv4},
                                                                 {Gso::Udp, Family::Ipv6}}};

  /// The next packet of a flow, which goes on behind it.
  Sent one_of(Description& flow) {
    const auto room = static_cast<std::uint16_t>(mru_ - flow.header_size());
    const auto size = static_cast<std::uint16_t>(random_() % 3 == 0 ? 1 + random_() % room : room);
    const std::size_t most = random_() % 8 == 0 ? 0 : random_() % (24U * size);
    Sent sent{flow, size};
    sent.what.payload = random_octets(random_, std::min<std::size_t>(most, 30'000));
    if (random_() % 4 == 0) {
      sent.what.flags |= static_cast<std::uint8_t>(
          random_() & (segments::tcp::kPsh | segments::tcp::kFin | segments::tcp::kCwr));
    }
    const auto count = (sent.what.payload.size() + size - 1) / size;
    flow.sequence += static_cast<std::uint32_t>(sent.what.payload.size());
    if (flow.identification != 0) {
      flow.identification =
          static_cast<std::uint16_t>(flow.identification + std::max<std::size_t>(count, 1));
    }
    return sent;
  }

  std::size_t mru_;
  std::mt19937 random_;
  std::vector<Description> flows_;
};

/// Packets by their flow, each in order.
using ByFlow = std::map<std::uint16_t, std::vector<Packet>>;

void add(ByFlow& to, const std::vector<Packet>& packets) {
  for (const auto& packet : packets) to[read_description(packet).source_port].push_back(packet);
}

std::size_t count_of(const ByFlow& flows) {
  std::size_t count = 0;
  for (const auto& [port, packets] : flows) count += packets.size();
  return count;
}

class Crossing : public testing::TestWithParam<std::tuple<Device, Device>> {
 protected:
  /// A link between two such devices, with everything up that can be.
  void bring_up(Wire& wire, const Terms& terms) const {
    const auto& [a, b] = GetParam();
    agree_on(wire.a, terms, terms.a_mru);
    agree_on(wire.b, terms, terms.b_mru);
    wire.a.parts.ppp.lcp.policy.vendor = terms.a_vendor;
    wire.b.parts.ppp.lcp.policy.vendor = terms.b_vendor;
    wire.a.parts.features = a.features;
    wire.b.parts.features = b.features;
    wire.start();
    const bool deflates = grants(terms.deflate);
    const auto complete = [deflates](const End& end) {
      return end.agreed && end.agreed->ipv4 && end.agreed->ipv6 &&
             (end.agreed->transmit_compression == Compression::Deflate) == deflates;
    };
    ASSERT_TRUE(wire.run_until([&] { return complete(wire.a) && complete(wire.b); }));
  }

  void cross(Wire& wire, std::size_t mru) const {
    const auto& [a, b] = GetParam();
    Kernel from{wire.a, a.features, 1};
    const Kernel to{wire.b, b.features, 2};
    Flows flows{mru, static_cast<std::uint32_t>(mru)};
    for (int batch = 0; batch < 6; ++batch) {
      ByFlow expected;
      ByFlow arrived;
      for (const auto& sent : flows.next()) {
        from.put(sent);
        add(expected, segments_of(sent));
      }
      EXPECT_TRUE(wire.run_until(
          [&] {
            add(arrived, to.take());
            return count_of(arrived) >= count_of(expected);
          },
          5s));
      // Not EXPECT_EQ, which would print them.
      ASSERT_TRUE(arrived == expected) << count_of(arrived) << " of " << count_of(expected);
    }
  }

  /// Nothing was dropped, and what each end did is what its device and the terms make of it.
  void expect_counted(const Wire& wire, const Terms& terms) const {
    const auto& [a_device, b_device] = GetParam();
    const auto& a = wire.a.session->counters();
    const auto& b = wire.b.session->counters();
    for (const auto* counted : {&a, &b}) {
      EXPECT_EQ(counted->dropped_malformed + counted->dropped_too_big + counted->dropped_down +
                    counted->dropped_tun + counted->dropped_metadata + counted->dropped_source,
                0U);
    }
    EXPECT_EQ(wire.b.session->bad_frames(), 0U);
    EXPECT_EQ(a.packets_out, b.packets_in);
    EXPECT_EQ(a.bytes_out, b.bytes_in);
    const auto sends_super = a_device.features.tcp;
    EXPECT_EQ(a.super_packets_out > 0, sends_super && terms.whole());
    EXPECT_EQ(b.super_packets_in, a.super_packets_out);
    EXPECT_EQ(a.splits > 0, sends_super && !terms.whole());
    const bool too_large_there = sends_super && b_device.features != a_device.features &&
                                 (!b_device.features.tcp || a_device.features.udp);
    EXPECT_EQ(b.splits > 0, terms.whole() && too_large_there);
    const bool tcp_to_join = b_device.features.tcp && !(terms.whole() && a_device.features.tcp);
    const bool udp_to_join = b_device.features.udp && !(terms.whole() && a_device.features.udp);
    EXPECT_EQ(b.joins > 0, tcp_to_join || udp_to_join);
  }
};

/// Two ends of ours whose devices take TCP, IPv6 being open.
class Whole : public testing::Test {
 public:
  static constexpr tun::Features kFeatures{.header = true, .tcp = true};

 protected:
  void SetUp() override {
    agree_on(wire.a, {}, 1500);
    agree_on(wire.b, {}, 1500);
    wire.a.parts.features = wire.b.parts.features = kFeatures;
    wire.start();
    const auto complete = [](const End& end) { return end.agreed && end.agreed->ipv6; };
    ASSERT_TRUE(wire.run_until([&] { return complete(wire.a) && complete(wire.b); }));
  }

  std::vector<Packet> arrivals(std::size_t count) {
    std::vector<Packet> all;
    EXPECT_TRUE(wire.run_until([&] {
      for (auto& packet : to.take()) all.push_back(std::move(packet));
      return all.size() >= count;
    }));
    return all;
  }

  Wire wire;
  Kernel from{wire.a, kFeatures, 1};
  const Kernel to{wire.b, kFeatures, 2};
};

TEST_F(Whole, IsNotWhatHasMoreSegmentsThanAPeerTakes) {
  const Sent sent{{.payload = Packet(600 * 20, 5)}, 20};
  from.put(sent);
  EXPECT_TRUE(arrivals(600) == segments_of(sent));
  EXPECT_EQ(wire.a.session->counters().splits, 1U);
  EXPECT_EQ(wire.a.session->counters().segments, 600U);
  EXPECT_EQ(wire.b.session->counters().super_packets_in, 0U);
}

// RFC 8200 §8.1: its last destination, which is in the sum, cannot be seen by a peer.
TEST_F(Whole, IsNotWhatHasARoutingHeader) {
  Description what{
      .kind = Gso::Tcp6, .network_options = {6, 0, 2, 1, 0, 0, 0, 0}, .first_extension = 43};
  what.payload = Packet(3000, 5);
  auto datagram = vnet_header(segments::test::offload_of(what, Gso::Tcp6, 1000));
  auto packet = segments::test::build_partial(what);
  constexpr std::size_t kChecksum = 48 + 16;
  // By one in each octet, which nothing in here carries over: the last destination is another.
  ++packet[kChecksum];
  ++packet[kChecksum + 1];
  segments::test::append(datagram, packet);
  ASSERT_TRUE(wire.a.put(datagram));
  auto expected = segments_of({what, 1000});
  for (auto& segment : expected) {
    --segment[kChecksum];
    --segment[kChecksum + 1];
  }
  EXPECT_EQ(arrivals(3), expected);
  EXPECT_EQ(wire.a.session->counters().splits, 1U);
  EXPECT_EQ(wire.b.session->counters().dropped_metadata, 0U);
}

/// A SYN as Ethernet's hosts send it, or one with another MSS.
Description syn(Gso kind, std::uint16_t mss = 1460) {
  return {.kind = kind,
          .flags = segments::tcp::kSyn,
          .tcp_options = {2, 4, static_cast<std::uint8_t>(mss >> 8),
                          static_cast<std::uint8_t>(mss & 0xff)}};
}

struct Clamping {
  ClampMss a = ClampMss::Yes;
  ClampMss b = ClampMss::Yes;
  Policy vendor = Policy::Request;
};

class MssOf : public testing::TestWithParam<Clamping> {};

// The lesser MRU of the two: what one end takes, the other's hosts may have to send.
TEST_P(MssOf, ASynIsLoweredByEitherEnd) {
  const auto& [a, b, vendor] = GetParam();
  Wire wire;
  agree_on(wire.a, {}, 1500);
  agree_on(wire.b, {}, 1400);
  wire.a.parts.clamp_mss = a;
  wire.b.parts.clamp_mss = b;
  wire.a.parts.ppp.lcp.policy.vendor = vendor;
  wire.a.parts.features = Whole::kFeatures;
  wire.start();
  ASSERT_TRUE(wire.run_until([&] { return wire.a.agreed && wire.a.agreed->ipv6; }));
  ASSERT_TRUE(wire.run_until([&] { return wire.b.agreed && wire.b.agreed->ipv6; }));

  Kernel at_a{wire.a, Whole::kFeatures, 1};
  Kernel at_b{wire.b, {}, 1};
  const bool lowered = a == ClampMss::Yes || b == ClampMss::Yes;
  std::vector<Packet> expected;
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6}) {
    at_a.put({syn(kind)});
    at_b.put({syn(kind)});
    const auto most = static_cast<std::uint16_t>(kind == Gso::Tcp4 ? 1360 : 1340);
    expected.push_back(segments::test::build(syn(kind, lowered ? most : 1460)));
  }
  for (const auto* to : {&at_b, &at_a}) {
    std::vector<Packet> arrived;
    ASSERT_TRUE(wire.run_until([&] {
      for (auto& packet : to->take()) arrived.push_back(std::move(packet));
      return arrived.size() >= expected.size();
    }));
    EXPECT_EQ(arrived, expected);
  }
  const auto clamped =
      wire.a.session->counters().mss_clamped + wire.b.session->counters().mss_clamped;
  EXPECT_EQ(clamped, lowered ? 4U : 0U);
}

INSTANTIATE_TEST_SUITE_P(Clamped, MssOf,
                         testing::Values(Clamping{}, Clamping{.b = ClampMss::No},
                                         Clamping{.a = ClampMss::No},
                                         Clamping{ClampMss::No, ClampMss::No},
                                         Clamping{.a = ClampMss::No, .vendor = Policy::Deny},
                                         Clamping{.b = ClampMss::No, .vendor = Policy::Deny}));

std::string name_of(const testing::TestParamInfo<Crossing::ParamType>& info) {
  return std::string{std::get<0>(info.param).name} + "To" + std::get<1>(info.param).name;
}

TEST_P(Crossing, IsByteForByteWhatTheTextbookMakesOfIt) {
  for (const auto& terms : kTerms) {
    SCOPED_TRACE(terms.name);
    Wire wire;
    bring_up(wire, terms);
    if (HasFatalFailure()) return;
    cross(wire, terms.b_mru);
    if (HasFatalFailure()) return;
    expect_counted(wire, terms);
  }
}

INSTANTIATE_TEST_SUITE_P(From, Crossing,
                         testing::Combine(testing::ValuesIn(kDevices), testing::ValuesIn(kDevices)),
                         name_of);

}  // namespace
}  // namespace tunnel::session::test
