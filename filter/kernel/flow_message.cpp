#include "filter/kernel/flow_message.hpp"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>

#include <algorithm>
#include <limits>

namespace tunnel::filter::kernel {

namespace {

using flows::Counters;
using flows::Flow;
using flows::FlowEvent;
using flows::TcpState;

std::optional<HostAddress> address_of(Bytes v4, Bytes v6) {
  if (const auto value = ByteReader{v4}.u32()) return HostAddress{Ipv4Address{*value}};
  Ipv6Address address;
  if (v6.size() != address.bytes.size()) return std::nullopt;
  std::copy(v6.begin(), v6.end(), address.bytes.begin());
  return HostAddress{address};
}

struct Tuple {
  packet::Ends ends{};
  std::uint8_t protocol = 0;
};

std::optional<Tuple> parse_tuple(Bytes nest) {
  const Attributes<CTA_TUPLE_MAX + 1> tuple{nest};
  const Attributes<CTA_IP_MAX + 1> ip{tuple.bytes(CTA_TUPLE_IP)};
  const Attributes<CTA_PROTO_MAX + 1> transport{tuple.bytes(CTA_TUPLE_PROTO)};
  const auto source = address_of(ip.bytes(CTA_IP_V4_SRC), ip.bytes(CTA_IP_V6_SRC));
  const auto destination = address_of(ip.bytes(CTA_IP_V4_DST), ip.bytes(CTA_IP_V6_DST));
  const auto protocol = transport.u8(CTA_PROTO_NUM);
  if (!source || !destination || !protocol) return std::nullopt;
  Tuple out{{*source, *destination, 0, 0}, *protocol};
  if (const auto query = transport.u16(CTA_PROTO_ICMP_ID)) {
    out.ends.source_port = out.ends.destination_port = *query;
  } else if (const auto query6 = transport.u16(CTA_PROTO_ICMPV6_ID)) {
    out.ends.source_port = out.ends.destination_port = *query6;
  } else {
    out.ends.source_port = transport.u16(CTA_PROTO_SRC_PORT).value_or(0);
    out.ends.destination_port = transport.u16(CTA_PROTO_DST_PORT).value_or(0);
  }
  return out;
}

std::optional<Counters> parse_counters(Bytes nest) {
  const Attributes<CTA_COUNTERS_MAX + 1> found{nest};
  const auto packets = found.u64(CTA_COUNTERS_PACKETS);
  const auto bytes = found.u64(CTA_COUNTERS_BYTES);
  if (!packets || !bytes) return std::nullopt;
  return Counters{*packets, *bytes};
}

std::optional<TcpState> parse_tcp_state(Bytes nest) {
  const Attributes<CTA_PROTOINFO_MAX + 1> info{nest};
  const Attributes<CTA_PROTOINFO_TCP_MAX + 1> tcp{info.bytes(CTA_PROTOINFO_TCP)};
  const auto state = tcp.u8(CTA_PROTOINFO_TCP_STATE);
  if (!state || *state > static_cast<std::uint8_t>(TcpState::SynSent2)) return std::nullopt;
  return static_cast<TcpState>(*state);
}

/// Nanoseconds since 1970.
std::optional<Flow::WallTime> wall_time(std::optional<std::uint64_t> nanoseconds) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::int64_t>::max();  // in 2262
  if (!nanoseconds || *nanoseconds == 0 || *nanoseconds > kLast) return std::nullopt;
  return Flow::WallTime{std::chrono::microseconds{static_cast<std::int64_t>(*nanoseconds / 1000)}};
}

std::optional<Flow> parse_flow(Bytes attributes) {
  const Attributes<CTA_MAX + 1> found{attributes};
  const auto original = parse_tuple(found.bytes(CTA_TUPLE_ORIG));
  const auto reply = parse_tuple(found.bytes(CTA_TUPLE_REPLY));
  if (!original || !reply) return std::nullopt;
  Flow flow;
  flow.id = found.u32(CTA_ID).value_or(0);
  flow.zone = found.u16(CTA_ZONE).value_or(0);
  flow.protocol = original->protocol;
  flow.original = original->ends;
  flow.reply = reply->ends;
  flow.status = found.u32(CTA_STATUS).value_or(0);
  flow.mark = found.u32(CTA_MARK).value_or(0);
  flow.tcp_state = parse_tcp_state(found.bytes(CTA_PROTOINFO));
  flow.timeout = std::chrono::seconds{found.u32(CTA_TIMEOUT).value_or(0)};
  flow.forward = parse_counters(found.bytes(CTA_COUNTERS_ORIG));
  flow.backward = parse_counters(found.bytes(CTA_COUNTERS_REPLY));
  const Attributes<CTA_TIMESTAMP_MAX + 1> stamps{found.bytes(CTA_TIMESTAMP)};
  flow.start = wall_time(stamps.u64(CTA_TIMESTAMP_START));
  flow.stop = wall_time(stamps.u64(CTA_TIMESTAMP_STOP));
  return flow;
}

}  // namespace

std::optional<FlowEvent> parse_flow_event(const NetlinkMessage& message) {
  constexpr unsigned kTypeBits = 8;
  constexpr unsigned kWithinSubsystem = 0xff;
  const auto kind = message.type & kWithinSubsystem;
  const bool ends = kind == IPCTNL_MSG_CT_DELETE;
  if (message.type >> kTypeBits != NFNL_SUBSYS_CTNETLINK) return std::nullopt;
  if (!ends && kind != IPCTNL_MSG_CT_NEW) return std::nullopt;
  if (message.payload.size() < netlink::kNetfilterHeader) return std::nullopt;
  auto flow = parse_flow(message.payload.subspan(netlink::kNetfilterHeader));
  if (!flow) return std::nullopt;
  FlowEvent event;
  event.flow = *flow;
  if (ends) {
    event.kind = message.port == 0 ? FlowEvent::Kind::Ended : FlowEvent::Kind::Deleted;
  } else if ((message.flags & NLM_F_CREATE) == 0) {
    event.kind = FlowEvent::Kind::Changed;
  }
  return event;
}

}  // namespace tunnel::filter::kernel
