#include "filter/kernel/log_message.hpp"

#include "filter/kernel/netlink_message.hpp"

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <algorithm>

namespace tunnel::filter::kernel {

namespace {

/// struct nfulnl_msg_packet_hdr: hw_protocol, hook.
std::optional<std::uint8_t> hook_of(Bytes header) {
  ByteReader in{header};
  in.take(2);
  return in.u8();
}

/// struct nfulnl_msg_packet_timestamp: seconds, microseconds. What lies beyond the clocks of the
/// standard library, which end in 2262, is no time.
std::chrono::microseconds time_of(Bytes stamp) {
  constexpr std::uint64_t kLastSecond = 9'000'000'000;
  constexpr std::uint64_t kMicrosInSecond = 1'000'000;
  ByteReader in{stamp};
  const auto seconds = in.u64();
  const auto micros = in.u64();
  if (!seconds || !micros || *seconds > kLastSecond || *micros >= kMicrosInSecond) return {};
  return std::chrono::seconds{static_cast<std::int64_t>(*seconds)} +
         std::chrono::microseconds{static_cast<std::int64_t>(*micros)};
}

/// Up to the zero that ends it.
std::string text_of(Bytes octets) {
  const auto end = std::find(octets.begin(), octets.end(), 0);
  return {octets.begin(), end};
}

}  // namespace

std::optional<LoggedPacket> parse_logged_packet(Bytes payload) {
  if (payload.size() < netlink::kNetfilterHeader) return std::nullopt;
  const Attributes<NFULA_MAX + 1> found{payload.subspan(netlink::kNetfilterHeader)};
  const auto hook = hook_of(found.bytes(NFULA_PACKET_HDR));
  if (!hook) return std::nullopt;
  LoggedPacket packet;
  const bool outbound = *hook == NF_INET_POST_ROUTING;
  packet.direction = outbound ? Direction::Out : Direction::In;
  packet.mark = found.u32(NFULA_MARK).value_or(0);
  packet.prefix = text_of(found.bytes(NFULA_PREFIX));
  packet.interface = found.u32(outbound ? NFULA_IFINDEX_OUTDEV : NFULA_IFINDEX_INDEV).value_or(0);
  packet.time = time_of(found.bytes(NFULA_TIMESTAMP));
  packet.sequence = found.u32(NFULA_SEQ);
  packet.packet = found.bytes(NFULA_PAYLOAD);
  return packet;
}

}  // namespace tunnel::filter::kernel
