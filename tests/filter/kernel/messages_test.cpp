// Messages of the kernel about flows and logged packets.

#include "filter/kernel/flow_message.hpp"
#include "filter/kernel/log_message.hpp"
#include "tests/filter/kernel/netlink_writer.hpp"

#include <gtest/gtest.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>

namespace tunnel::filter::kernel {
namespace {

using flows::Counters;
using flows::FlowEvent;
using flows::TcpState;
using Octets = NetlinkWriter::Octets;

constexpr std::uint16_t kNewFlow = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
constexpr std::uint16_t kEndOfFlow = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;

NetlinkWriter tuple(std::uint32_t source, std::uint32_t destination, std::uint16_t source_port,
                    std::uint16_t destination_port) {
  NetlinkWriter ip;
  ip.attribute(CTA_IP_V4_SRC, NetlinkWriter::big(source, 4));
  ip.attribute(CTA_IP_V4_DST, NetlinkWriter::big(destination, 4));
  NetlinkWriter transport;
  transport.attribute(CTA_PROTO_NUM, {6});
  transport.attribute(CTA_PROTO_SRC_PORT, NetlinkWriter::big(source_port, 2));
  transport.attribute(CTA_PROTO_DST_PORT, NetlinkWriter::big(destination_port, 2));
  NetlinkWriter both;
  both.nest(CTA_TUPLE_IP, ip).nest(CTA_TUPLE_PROTO, transport);
  return both;
}

NetlinkWriter counters(std::uint64_t packets, std::uint64_t bytes) {
  NetlinkWriter both;
  both.attribute(CTA_COUNTERS_PACKETS, NetlinkWriter::big(packets, 8));
  both.attribute(CTA_COUNTERS_BYTES, NetlinkWriter::big(bytes, 8));
  return both;
}

/// 192.168.1.215,3936 to 192.168.253.1,23, as from 192.168.253.4,40001.
NetlinkWriter translated_flow() {
  NetlinkWriter flow;
  flow.add({2, 0, 0, 0});  // struct nfgenmsg
  flow.nest(CTA_TUPLE_ORIG, tuple(0xc0a801d7, 0xc0a8fd01, 3936, 23));
  flow.nest(CTA_TUPLE_REPLY, tuple(0xc0a8fd01, 0xc0a8fd04, 23, 40001));
  flow.attribute(CTA_ID, NetlinkWriter::big(4711, 4));
  flow.attribute(CTA_STATUS, NetlinkWriter::big(0x19e, 4));
  flow.attribute(CTA_TIMEOUT, NetlinkWriter::big(432000, 4));
  flow.attribute(CTA_MARK, NetlinkWriter::big(17, 4));
  flow.nest(CTA_COUNTERS_ORIG, counters(12, 840));
  flow.nest(CTA_COUNTERS_REPLY, counters(10, 4711));
  NetlinkWriter tcp;
  tcp.attribute(CTA_PROTOINFO_TCP_STATE, {3});
  NetlinkWriter info;
  info.nest(CTA_PROTOINFO_TCP, tcp);
  flow.nest(CTA_PROTOINFO, info);
  NetlinkWriter stamps;
  stamps.attribute(CTA_TIMESTAMP_START, NetlinkWriter::big(1'113'404'531'123'456'789, 8));
  flow.nest(CTA_TIMESTAMP, stamps);
  return flow;
}

std::optional<FlowEvent> event_of(const Octets& octets) {
  Bytes datagram{octets};
  const auto message = take_message(datagram);
  if (!message) return std::nullopt;
  return parse_flow_event(*message);
}

TEST(FlowMessage, HasAllOfAFlow) {
  const auto event = event_of(translated_flow().message(kNewFlow, NLM_F_CREATE | NLM_F_EXCL));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, FlowEvent::Kind::New);
  const auto& flow = event->flow;
  EXPECT_EQ(flow.id, 4711U);
  EXPECT_EQ(flow.protocol, 6);
  EXPECT_EQ(flow.original, (packet::Ends{*HostAddress::parse("192.168.1.215"),
                                         *HostAddress::parse("192.168.253.1"), 3936, 23}));
  EXPECT_EQ(flow.reply, (packet::Ends{*HostAddress::parse("192.168.253.1"),
                                      *HostAddress::parse("192.168.253.4"), 23, 40001}));
  EXPECT_TRUE(flow.is(flows::kSourceTranslated));
  EXPECT_TRUE(flow.is(flows::kAssured));
  EXPECT_FALSE(flow.is(flows::kDestinationTranslated));
  EXPECT_EQ(flow.mark, 17U);
  EXPECT_EQ(flow.timeout, std::chrono::seconds{432000});
  EXPECT_EQ(flow.forward, (Counters{12, 840}));
  EXPECT_EQ(flow.backward, (Counters{10, 4711}));
  EXPECT_EQ(flow.tcp_state, TcpState::Established);
  EXPECT_EQ(flow.start, flows::Flow::WallTime{std::chrono::microseconds{1'113'404'531'123'456}});
  EXPECT_FALSE(flow.stop);
}

TEST(FlowMessage, OfAFlowThatWasThereIsAChange) {
  EXPECT_EQ(event_of(translated_flow().message(kNewFlow))->kind, FlowEvent::Kind::Changed);
}

TEST(FlowMessage, OfAnEndSaysWhetherSomebodyEndedIt) {
  EXPECT_EQ(event_of(translated_flow().message(kEndOfFlow))->kind, FlowEvent::Kind::Ended);
  EXPECT_EQ(event_of(translated_flow().message(kEndOfFlow, 0, 815))->kind,
            FlowEvent::Kind::Deleted);
}

TEST(FlowMessage, OfAnIcmpQueryHasItsNumberAsBothPorts) {
  const auto ping = [](std::uint32_t source, std::uint32_t destination) {
    NetlinkWriter ip;
    ip.attribute(CTA_IP_V4_SRC, NetlinkWriter::big(source, 4));
    ip.attribute(CTA_IP_V4_DST, NetlinkWriter::big(destination, 4));
    NetlinkWriter transport;
    transport.attribute(CTA_PROTO_NUM, {1}).attribute(CTA_PROTO_ICMP_ID, {0x12, 0x34});
    NetlinkWriter both;
    return both.nest(CTA_TUPLE_IP, ip).nest(CTA_TUPLE_PROTO, transport);
  };
  NetlinkWriter flow;
  flow.add({2, 0, 0, 0}).nest(CTA_TUPLE_ORIG, ping(1, 2)).nest(CTA_TUPLE_REPLY, ping(2, 1));
  const auto event = event_of(flow.message(kNewFlow));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->flow.original.source_port, 0x1234);
  EXPECT_EQ(event->flow.original.destination_port, 0x1234);
  EXPECT_FALSE(event->flow.forward);
}

TEST(FlowMessage, OfAnotherSubsystemIsNone) {
  EXPECT_FALSE(event_of(translated_flow().message(NFNL_SUBSYS_ULOG << 8)));
  EXPECT_FALSE(event_of(translated_flow().message(NLMSG_DONE)));
}

TEST(FlowMessage, CutAnywhereIsReadAsFarAsItGoes) {
  const auto whole = translated_flow().octets();
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const NetlinkMessage message{kNewFlow, 0, 0, 0, Bytes{whole}.first(length)};
    const auto event = parse_flow_event(message);
    if (event) {
      EXPECT_EQ(event->flow.reply.destination_port, 40001) << length;
    }
  }
}

TEST(Messages, OfADatagramComeOneAfterTheOther) {
  auto octets = NetlinkWriter{}.add({1, 2, 3}).message(7);
  octets.push_back(0);  // to a multiple of four
  const auto second = NetlinkWriter{}.message(8);
  octets.insert(octets.end(), second.begin(), second.end());
  Bytes datagram{octets};
  const auto first = take_message(datagram);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 7);
  EXPECT_EQ(first->payload.size(), 3U);
  EXPECT_EQ(take_message(datagram)->type, 8);
  EXPECT_FALSE(take_message(datagram));
}

TEST(Messages, WhoseLengthLiesAreNone) {
  for (const std::uint32_t length : {0U, 15U, 17U, 0xffff'ffffU}) {
    auto octets = NetlinkWriter{}.message(7);
    const auto lie = NetlinkWriter::host(length, 4);
    std::copy(lie.begin(), lie.end(), octets.begin());
    Bytes datagram{octets};
    EXPECT_FALSE(take_message(datagram)) << length;
  }
}

NetlinkWriter logged_packet(std::uint8_t hook) {
  NetlinkWriter record;
  record.add({2, 0, 0, 5});
  record.attribute(NFULA_PACKET_HDR, {0x08, 0x00, hook, 0});
  record.attribute(NFULA_PREFIX, {'L', '1', '7', 0});
  record.attribute(NFULA_IFINDEX_INDEV, NetlinkWriter::big(2, 4));
  record.attribute(NFULA_IFINDEX_OUTDEV, NetlinkWriter::big(3, 4));
  record.attribute(NFULA_MARK, NetlinkWriter::big(12, 4));
  NetlinkWriter stamp;
  stamp.add(NetlinkWriter::big(1'113'404'531, 8)).add(NetlinkWriter::big(123'456, 8));
  record.attribute(NFULA_TIMESTAMP, stamp.octets());
  record.attribute(NFULA_SEQ, NetlinkWriter::big(99, 4));
  record.attribute(NFULA_PAYLOAD, {0x45, 0, 0, 20});
  return record;
}

TEST(LogMessage, HasAllOfARecord) {
  const auto octets = logged_packet(NF_INET_PRE_ROUTING).octets();
  const auto packet = parse_logged_packet(octets);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->direction, Direction::In);
  EXPECT_EQ(packet->prefix, "L17");
  EXPECT_EQ(packet->interface, 2U);
  EXPECT_EQ(packet->mark, 12U);
  EXPECT_EQ(packet->time, std::chrono::microseconds{1'113'404'531'123'456});
  EXPECT_EQ(packet->sequence, 99U);
  EXPECT_EQ(packet->packet.size(), 4U);
}

TEST(LogMessage, OfAPacketThatLeavesHasTheInterfaceItLeavesBy) {
  const auto octets = logged_packet(NF_INET_POST_ROUTING).octets();
  const auto packet = parse_logged_packet(octets);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->direction, Direction::Out);
  EXPECT_EQ(packet->interface, 3U);
}

TEST(LogMessage, WithoutAHookIsNone) {
  EXPECT_FALSE(parse_logged_packet({}));
  EXPECT_FALSE(parse_logged_packet(NetlinkWriter{}.add({2, 0, 0, 5}).octets()));
}

TEST(LogMessage, CutAnywhereIsReadAsFarAsItGoes) {
  const auto octets = logged_packet(NF_INET_PRE_ROUTING).octets();
  for (std::size_t length = 0; length <= octets.size(); ++length) {
    static_cast<void>(parse_logged_packet(Bytes{octets}.first(length)));
  }
}

}  // namespace
}  // namespace tunnel::filter::kernel
