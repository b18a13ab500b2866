// Super-packets: any octets with any metadata, from a peer and from a kernel, and packets that may
// be joined. What is cut is whole, within the limit and has right checksums; what is joined comes
// out of a splitter as it went in, each flow in its order.

#include "pppd-bridge/segments/candidate.hpp"
#include "pppd-bridge/segments/checksum.hpp"
#include "pppd-bridge/segments/ecn.hpp"
#include "pppd-bridge/segments/flow.hpp"
#include "pppd-bridge/segments/joiner.hpp"
#include "pppd-bridge/segments/mss_clamp.hpp"
#include "pppd-bridge/segments/splitter.hpp"
#include "pppd-bridge/segments/super_packet.hpp"
#include "pppd-bridge/segments/vnet_header.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace tunnel::segments {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kMru = 1500;
constexpr std::size_t kLargest = 65575;  // IPv6's

Octets copy_of(Bytes octets) {
  return {octets.begin(), octets.end()};
}

/// RFC 1071, word by word.
std::uint16_t plain_sum(Bytes octets, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    sum += static_cast<std::uint32_t>(octets[i]) << (i % 2 == 0 ? 8 : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

/// Puts right what a mutation hardly ever gets right.
void mend_checksums(MutableBytes packet, Checksum wanted) {
  const auto view = parse_packet(packet);
  if (!view) return;
  if (view->family == Family::Ipv4) {
    const auto header = packet.first(view->transport_offset);
    MutableFields<ipv4::kHeader>::at(header, 0)->set_u16<ipv4::kChecksum>(
        ipv4_header_checksum(header));
  }
  Offload offload;
  if (!write_pseudo_header_sum(packet, offload)) return;
  if (wanted == Checksum::Complete) TUNNEL_CHECK(finish_checksum(packet, offload));
}

void check_transport_checksum(Bytes packet, const PacketView& view) {
  const auto transport = packet.subspan(view.transport_offset);
  const auto length = static_cast<std::uint32_t>(transport.size());
  const auto pseudo = plain_sum(addresses_of(packet, view), view.protocol + length);
  TUNNEL_CHECK(plain_sum(transport, pseudo) == 0xffff);
}

void check_segment(Bytes segment, const Offload& offload, Checksum believed) {
  TUNNEL_CHECK(segment.size() <= kMru);
  if (offload.gso == Gso::None) return;
  const auto view = parse_packet(segment);
  TUNNEL_CHECK(view && view->total_length == segment.size());
  TUNNEL_CHECK(view->fragment == Fragment::Whole);
  if (view->family == Family::Ipv4) {
    TUNNEL_CHECK(plain_sum(segment.first(view->transport_offset)) == 0xffff);
  }
  // A kernel's sum of the pseudo-header is believed, right or wrong.
  if (believed == Checksum::Complete) check_transport_checksum(segment, *view);
}

std::vector<Octets> split(Bytes packet, const Offload& offload, std::size_t largest,
                          Checksum believed) {
  std::vector<Octets> segments;
  auto splitter = Splitter::create(packet, offload, largest);
  TUNNEL_CHECK(splitter.has_value() == inspect(packet, offload, largest).has_value());
  if (!splitter) return segments;
  Octets out(packet.size());  // none is larger than what it is cut from
  while (const auto size = splitter->next(out)) {
    const auto segment = Bytes{out}.first(*size);
    if (largest == kMru) check_segment(segment, offload, believed);
    segments.push_back(copy_of(segment));
  }
  TUNNEL_CHECK(segments.size() == splitter->segments());
  return segments;
}

/// What comes out of a joiner, cut again.
class Far final : public PacketSink {
 public:
  void packet(Bytes packet, const Offload& offload) override {
    if (offload.gso != Gso::None) {
      const auto derived =
          complete_metadata(packet, offload.gso, offload.segment_size, offload.checksum, kLargest);
      TUNNEL_CHECK(derived && *derived == offload);
    }
    for (auto& segment : split(packet, offload, kLargest, Checksum::Complete)) {
      packets.push_back(std::move(segment));
    }
  }

  std::vector<Octets> packets;
};

/// Packets by flow; those of which no flow can be read are one.
std::map<Octets, std::vector<Octets>> by_flow(const std::vector<Octets>& packets) {
  std::map<Octets, std::vector<Octets>> flows;
  for (const auto& packet : packets) {
    const auto view = parse_packet(packet);
    Octets flow;
    if (view && flow_key(packet, *view)) {
      flow = copy_of(addresses_of(packet, *view));
      const auto ports = Bytes{packet}.subspan(view->transport_offset, 4);
      flow.insert(flow.end(), ports.begin(), ports.end());
      flow.push_back(view->protocol);
    }
    flows[flow].push_back(packet);
  }
  return flows;
}

void check_joiner(const std::vector<Octets>& packets, JoinUdp udp) {
  Joiner joiner{udp};
  Far far;
  for (const auto& packet : packets) joiner.add(packet, far);
  joiner.flush(far);
  joiner.release();
  TUNNEL_CHECK(by_flow(far.packets) == by_flow(packets));
}

Gso gso_of(fuzz::Input& in) {
  return static_cast<Gso>(in.below(4));
}

Checksum checksum_of(fuzz::Input& in) {
  return static_cast<Checksum>(in.below(2));
}

/// What a peer sends: what is let in is cut into whole packets, which may be joined again.
void from_peer(fuzz::Input& in) {
  const auto gso = gso_of(in);
  const auto segment_size = in.u16();
  const auto checksum = checksum_of(in);
  const bool mend = in.below(2) == 0;
  auto packet = copy_of(in.rest());
  if (mend) mend_checksums(packet, checksum);
  const auto offload = complete_metadata(packet, gso, segment_size, checksum, kMru);
  if (!offload) return;
  TUNNEL_CHECK(inspect(packet, *offload, kMru));
  const auto segments = split(packet, *offload, kMru, Checksum::Complete);
  TUNNEL_CHECK(!segments.empty() && segments.size() <= kMostTcpSegments);
  check_joiner(segments, JoinUdp::Yes);
}

/// What a kernel says: whatever it is, a peer could derive it afterwards.
void from_kernel(fuzz::Input& in) {
  const auto header = in.take(kVnetHeaderSize);
  auto packet = copy_of(in.rest());
  const auto said = read_vnet_header(header);
  if (!said) return;
  Octets again(kVnetHeaderSize);
  write_vnet_header(*said, again);
  TUNNEL_CHECK(read_vnet_header(again) == said);
  split(packet, *said, kMru,
        said->checksum == Checksum::Partial ? Checksum::Partial : Checksum::Complete);
  auto offload = *said;
  if (make_derivable(packet, offload, kMru) != Fault::None) return;
  const auto derived =
      complete_metadata(packet, offload.gso, offload.segment_size, offload.checksum, kMru);
  TUNNEL_CHECK(derived && *derived == offload);
}

/// Packets made of a first one, most of which follow each other.
void from_wire(fuzz::Input& in) {
  const auto udp = static_cast<JoinUdp>(in.below(2));
  const auto first = in.take(1 + in.below(300));
  std::vector<Octets> packets;
  std::uint32_t octets = 0;
  while (!in.empty() && packets.size() < 200) {
    auto packet = copy_of(first);
    const auto view = parse_packet(packet);
    const auto header = view ? parse_tcp(packet, *view) : std::nullopt;
    const auto decision = in.u8();
    if (header) {
      auto fields = MutableFields<tcp::kHeader>::at(packet, view->transport_offset);
      fields->set_u32<tcp::kSequence>(header->sequence + octets);
      octets += view->total_length - header->payload_offset;
    }
    if (view && view->family == Family::Ipv4) {
      const auto count = Fields<2>::at(packet, ipv4::kIdentification)->u16<0>() + packets.size();
      MutableFields<2>::at(packet, ipv4::kIdentification)
          ->set_u16<0>(static_cast<std::uint16_t>(count));
    }
    if (decision % 4 == 1) packet[in.u16() % packet.size()] = in.u8();
    if (decision % 8 < 6) mend_checksums(packet, Checksum::Complete);
    packets.push_back(std::move(packet));
  }
  check_joiner(packets, udp);
}

/// Marks change nothing but what they are about, and keep right what was.
void marks(fuzz::Input& in) {
  const auto mtu = in.u16();
  auto packet = copy_of(in.rest());
  mend_checksums(packet, Checksum::Complete);
  flow_hash(packet, mtu);
  const auto before = parse_packet(packet);
  const bool clamped = clamp_mss(packet, Checksum::Complete, mtu);
  TUNNEL_CHECK(parse_packet(packet) == before);
  const bool whole = before && before->fragment == Fragment::Whole && !before->routed &&
                     before->total_length == packet.size();
  if (clamped && whole) check_transport_checksum(packet, *before);
  const bool marked = mark_congestion(packet);
  if (!before) return;
  TUNNEL_CHECK(marked == (before->ecn() != Ecn::NotEct));
  TUNNEL_CHECK(parse_packet(packet)->ecn() == (marked ? Ecn::Ce : Ecn::NotEct));
  if (before->family == Family::Ipv4) {
    TUNNEL_CHECK(plain_sum(Bytes{packet}.first(before->transport_offset)) == 0xffff);
  }
}

}  // namespace
}  // namespace tunnel::segments

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::segments;
  tunnel::fuzz::Input in{{data, size}};
  switch (in.below(4)) {
    case 0:
      from_peer(in);
      break;
    case 1:
      from_kernel(in);
      break;
    case 2:
      from_wire(in);
      break;
    default:
      marks(in);
      break;
  }
  return 0;
}
