// What the kernel says about flows, from a gateway that translates.

#include "filter/kernel/conntrack.hpp"

#include "filter/compiler/compiler.hpp"
#include "filter/nft/commands.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/compiler/policy.hpp"
#include "tests/filter/kernel/gateway_wire.hpp"

#include <gtest/gtest.h>

#include <poll.h>

#include <fstream>
#include <vector>

namespace tunnel::filter::kernel {
namespace {

using flows::Flow;
using flows::FlowEvent;

constexpr int kPatience = 10'000;  // ms

class Conntrack : public testing::Test {
 protected:
  Conntrack() {
    for (const auto* name : {"acct", "timestamp", "events"}) {
      std::ofstream{std::string{"/proc/sys/net/netfilter/nf_conntrack_"} + name} << 1;
    }
    const auto compiled = test::compiled("pass in on tun0 all keep state\n",
                                         "map em0 192.168.1.0/24 -> 198.51.100.1/32 portmap "
                                         "tcp/udp 40000:40100\n");
    rule_ = compiled.rules.front().number;
    const auto why = wire_.apply(nft::replace(compiled.table));
    EXPECT_EQ(why, "");
  }

  void send(const std::string& text) {
    const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
    wire_.send(written.interface.str(), written.octets);
  }

  static std::vector<FlowEvent> next(FlowEvents& events) {
    std::vector<FlowEvent> found;
    while (found.empty()) {
      pollfd waiting{events.fd(), POLLIN, 0};
      if (::poll(&waiting, 1, kPatience) <= 0) break;
      const auto read = events.read([&](const FlowEvent& event) { found.push_back(event); });
      if (!read) break;
    }
    return found;
  }

  test::GatewayWire wire_;
  std::uint32_t rule_ = 0;
};

constexpr auto kTelnet = "in on tun0 tcp 192.168.1.215,3936 203.0.113.1,23 S";

void expect_translated(const Flow& flow, std::uint32_t rule) {
  EXPECT_EQ(flow.protocol, 6);
  EXPECT_EQ(flow.original.source.str(), "192.168.1.215");
  EXPECT_EQ(flow.original.source_port, 3936);
  EXPECT_EQ(flow.reply.destination.str(), "198.51.100.1");
  EXPECT_GE(flow.reply.destination_port, 40000);
  EXPECT_TRUE(flow.is(flows::kSourceTranslated));
  EXPECT_EQ(flow.mark, rule);
}

TEST_F(Conntrack, TellsOfAFlowThatBeginsAndOfOneThatSomebodyEnds) {
  auto events = FlowEvents::open();
  ASSERT_TRUE(events);
  send(kTelnet);
  const auto begun = next(*events);
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].kind, FlowEvent::Kind::New);
  expect_translated(begun[0].flow, rule_);

  wire_.forget_flows();
  const auto ended = next(*events);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, FlowEvent::Kind::Deleted);
  EXPECT_EQ(ended[0].flow.id, begun[0].flow.id);
  EXPECT_EQ(ended[0].flow.original, begun[0].flow.original);
  EXPECT_EQ(ended[0].flow.forward, (flows::Counters{1, 40}));
  EXPECT_EQ(ended[0].flow.backward, (flows::Counters{0, 0}));
  EXPECT_TRUE(ended[0].flow.start);
  EXPECT_TRUE(ended[0].flow.stop);
}

TEST_F(Conntrack, TellsOfChangesWhileSomebodyWantsThem) {
  auto events = FlowEvents::open();
  ASSERT_TRUE(events);
  ASSERT_TRUE(events->set_changes(FlowEvents::Changes::Told));
  send(kTelnet);
  const auto begun = next(*events);
  ASSERT_FALSE(begun.empty());
  EXPECT_EQ(begun[0].kind, FlowEvent::Kind::New);
  const auto port = std::to_string(begun[0].flow.reply.destination_port);
  send("in on em0 tcp 203.0.113.1,23 198.51.100.1," + port + " SA");
  const auto changed = next(*events);
  ASSERT_FALSE(changed.empty());
  EXPECT_EQ(changed[0].kind, FlowEvent::Kind::Changed);
  expect_translated(changed[0].flow, rule_);

  ASSERT_TRUE(events->set_changes(FlowEvents::Changes::Untold));
  send("in on tun0 tcp 192.168.1.215,3936 203.0.113.1,23 A");
  wire_.forget_flows();
  const auto ended = next(*events);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, FlowEvent::Kind::Deleted);
  EXPECT_EQ(ended[0].flow.mark, rule_);
}

TEST_F(Conntrack, ListsTheFlowsThatThereAre) {
  const auto nothing = list_flows();
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  send(kTelnet);
  const auto flows = list_flows();
  ASSERT_TRUE(flows);
  ASSERT_EQ(flows->size(), 1U);
  expect_translated(flows->front(), rule_);
  EXPECT_TRUE(flows->front().start);
  EXPECT_EQ(flows->front().tcp_state, flows::TcpState::SynSent);
  EXPECT_GT(flows->front().timeout.count(), 0);
}

TEST_F(Conntrack, TellsOfIpv6AsWell) {
  auto events = FlowEvents::open();
  ASSERT_TRUE(events);
  send("in6 on tun0 udp 2001:db8::1,1 2001:db8::2,2");
  const auto begun = next(*events);
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].flow.original.source.str(), "2001:db8::1");
}

}  // namespace
}  // namespace tunnel::filter::kernel
