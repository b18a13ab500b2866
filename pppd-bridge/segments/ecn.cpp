#include "pppd-bridge/segments/ecn.hpp"

#include "pppd-bridge/segments/checksum.hpp"
#include "pppd-bridge/segments/fields.hpp"
#include "pppd-bridge/segments/packet_view.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::segments {

namespace {

/// The first word: of IPv4 the traffic class is its low half, of IPv6 its middle.
constexpr std::uint16_t kIpv4Ce = 0x0003;
constexpr std::uint16_t kIpv6Ce = 0x0030;

}  // namespace

bool mark_congestion(MutableBytes packet) noexcept {
  // Whatever stands behind the network header may be anything.
  const auto version = packet.empty() ? 0 : packet.front() >> 4;
  const auto ipv4_header = Fields<ipv4::kHeader>::at(packet, 0);
  const auto ipv6_header = Fields<ipv6::kHeader>::at(packet, 0);
  if (version == 4 && ipv4_header) {
    const auto before = ipv4_header->u16<ipv4::kVersionAndLength>();
    if ((before & kIpv4Ce) == 0) return false;
    const auto after = static_cast<std::uint16_t>(before | kIpv4Ce);
    auto header = MutableFields<ipv4::kHeader>::at(packet, 0);
    header->set_u16<ipv4::kVersionAndLength>(after);
    header->set_u16<ipv4::kChecksum>(
        updated_checksum(ipv4_header->u16<ipv4::kChecksum>(), before, after));
    return true;
  }
  if (version == 6 && ipv6_header) {
    const auto before = ipv6_header->u16<ipv6::kVersionClassLabel>();
    if ((before & kIpv6Ce) == 0) return false;
    MutableFields<ipv6::kHeader>::at(packet, 0)->set_u16<ipv6::kVersionClassLabel>(before |
                                                                                   kIpv6Ce);
    return true;
  }
  return false;
}

}  // namespace tunnel::segments
