#include "pppd-bridge/segments/mss_clamp.hpp"

#include "pppd-bridge/segments/checksum.hpp"
#include "pppd-bridge/segments/fields.hpp"
#include "pppd-bridge/segments/packet_view.hpp"

#include <bit>
#include <cstddef>
#include <optional>

namespace tunnel::segments {

namespace {

// RFC 9293 §3.2.
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kMaximumSegmentSize = 2;
constexpr std::size_t kMssLength = 4;

/// Where the first MSS option's value lies in `options`; nullopt: there is none, or options cannot
/// be read up to it. A second one is not looked for: no host sends two.
std::optional<std::size_t> find_mss(Bytes options) noexcept {
  ByteReader in{options};
  while (const auto kind = in.u8()) {
    if (*kind == kEndOfOptions) return std::nullopt;
    if (*kind == kNoOperation) continue;
    const auto length = in.u8();
    if (!length || *length < 2) return std::nullopt;
    const auto place = options.size() - in.rest().size();
    if (!in.take(*length - 2U)) return std::nullopt;
    if (*kind != kMaximumSegmentSize) continue;
    if (*length != kMssLength) return std::nullopt;
    return place;
  }
  return std::nullopt;
}

}  // namespace

bool clamp_mss(MutableBytes packet, Checksum checksum, std::uint16_t mtu) noexcept {
  const auto view = parse_packet(packet);
  if (!view) return false;
  const auto header = parse_tcp(packet, *view);
  if (!header || !header->has(tcp::kSyn)) return false;
  const auto headers =
      (view->family == Family::Ipv4 ? ipv4::kHeader : ipv6::kHeader) + tcp::kHeader;
  if (mtu <= headers) return false;
  const auto most = static_cast<std::uint16_t>(mtu - headers);

  const auto transport = packet.first(header->payload_offset).subspan(view->transport_offset);
  const auto place = find_mss(transport.subspan(tcp::kHeader));
  if (!place) return false;
  const auto offset = tcp::kHeader + *place;
  const auto option = Fields<2>::at(transport, offset);
  auto changed = MutableFields<2>::at(transport, offset);
  auto tcp_header = MutableFields<tcp::kHeader>::at(transport, 0);
  if (!option || !changed || !tcp_header) return false;
  const auto before = option->u16<0>();
  if (before <= most) return false;
  changed->set_u16<0>(most);
  if (checksum == Checksum::Partial) return true;
  // At an odd place the value lies across two words, which for the sum is as if it were swapped.
  const int turn = offset % 2 == 0 ? 0 : 8;
  tcp_header->set_u16<tcp::kChecksum>(
      updated_checksum(header->checksum, std::rotl(before, turn), std::rotl(most, turn)));
  return true;
}

}  // namespace tunnel::segments
