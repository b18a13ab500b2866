#include "pppd-bridge/segments/super_packet.hpp"

#include "pppd-bridge/segments/checksum.hpp"

#include <algorithm>

namespace tunnel::segments {

namespace {

constexpr std::size_t kChecksumSize = 2;

static_assert(kLongestHeader <= 0xffff, "Offload has sixteen bits for it");

/// Where the checksum of the packet's own transport header lies.
struct ChecksumPlace {
  std::uint16_t start = 0;
  std::uint16_t offset = 0;
  std::uint32_t header_size = 0;  // of all headers, from the packet's first octet
  TcpView tcp{};                  // of TCP only
};

Judged<ChecksumPlace> own_checksum(Bytes packet, const PacketView& view) noexcept {
  if (view.fragment != Fragment::Whole) return Fault::Fragmented;
  if (view.total_length != packet.size()) return Fault::LengthMismatch;
  const auto start = static_cast<std::uint16_t>(view.transport_offset);
  if (const auto header = parse_tcp(packet, view)) {
    return ChecksumPlace{start, tcp::kChecksum, header->payload_offset, *header};
  }
  const auto header = parse_udp(packet, view);
  if (!header) return Fault::WrongProtocol;
  if (header->length != packet.size() - start) return Fault::LengthMismatch;
  return ChecksumPlace{start, udp::kChecksum, header->payload_offset, {}};
}

bool fits(Gso gso, const PacketView& view) noexcept {
  switch (gso) {
    case Gso::None:
      break;
    case Gso::Tcp4:
      return view.family == Family::Ipv4 && view.protocol == kTcp;
    case Gso::Tcp6:
      return view.family == Family::Ipv6 && view.protocol == kTcp;
    case Gso::Udp:
      return view.protocol == kUdp;
  }
  return true;
}

Fault judge_place(const Offload& offload, const ChecksumPlace& place, bool routed) noexcept {
  const bool own = offload.checksum_start == place.start && offload.checksum_offset == place.offset;
  // Without a sum in the packet, only the header says what the pseudo-header is.
  const bool known = offload.checksum == Checksum::Partial ? own : !routed;
  return known ? Fault::None : Fault::ChecksumPlace;
}

/// A packet that is one segment already.
Judged<Shape> inspect_single(Bytes packet, const Offload& offload,
                             std::size_t largest_segment) noexcept {
  if (packet.size() > largest_segment) return Fault::TooLarge;
  if (offload.segment_size != 0) return Fault::NoSegmentSize;
  if (offload.checksum == Checksum::Partial) {
    const std::size_t end = std::size_t{offload.checksum_start} + offload.checksum_offset;
    if (end + kChecksumSize > packet.size()) return Fault::ChecksumPlace;
  }
  return Shape{.largest = packet.size()};
}

Judged<Shape> count_segments(Bytes packet, const Offload& offload, const Shape& shape,
                             std::size_t largest_segment) noexcept {
  const auto payload = packet.size() - shape.header_size;
  if (payload == 0) return Fault::NoPayload;
  if (offload.segment_size == 0) return Fault::NoSegmentSize;
  if (shape.header_size + offload.segment_size > largest_segment) return Fault::TooLarge;
  auto counted = shape;
  counted.segments = (payload + offload.segment_size - 1U) / offload.segment_size;
  counted.largest = shape.header_size + std::min<std::size_t>(payload, offload.segment_size);
  return counted;
}

/// inspect() of a packet that is to be cut, in however many pieces.
Judged<Shape> inspect_super(Bytes packet, const Offload& offload,
                            std::size_t largest_segment) noexcept {
  const auto view = parse_packet(packet);
  if (!view) return Fault::Malformed;
  if (!fits(offload.gso, *view)) return Fault::WrongProtocol;
  const auto place = own_checksum(packet, *view);
  // Of the right protocol, it can only be that its header is not whole.
  if (!place) return place.fault() == Fault::WrongProtocol ? Fault::Malformed : place.fault();
  if (const auto fault = judge_place(offload, *place, view->routed); fault != Fault::None) {
    return fault;
  }
  const Shape shape{.view = *view, .tcp = place->tcp, .header_size = place->header_size};
  return count_segments(packet, offload, shape, largest_segment);
}

}  // namespace

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::None:
      return "none";
    case Fault::Malformed:
      return "headers that are not whole";
    case Fault::WrongProtocol:
      return "another protocol than it is said to be";
    case Fault::LengthMismatch:
      return "lengths that do not match";
    case Fault::Fragmented:
      return "a fragment";
    case Fault::NoPayload:
      return "nothing to cut";
    case Fault::NoSegmentSize:
      return "segments of no size";
    case Fault::TooLarge:
      return "segments larger than the link takes";
    case Fault::TooManySegments:
      return "too many segments";
    case Fault::ForbiddenFlags:
      return "SYN, RST or URG in several segments";
    case Fault::ChecksumPlace:
      return "a checksum in the wrong place";
    case Fault::ChecksumComplete:
      return "a complete checksum in several segments";
    case Fault::PseudoHeaderSum:
      return "a wrong sum of the pseudo-header";
  }
  return "unknown";
}

Judged<Shape> inspect(Bytes packet, const Offload& offload, std::size_t largest_segment) noexcept {
  return offload.gso == Gso::None ? inspect_single(packet, offload, largest_segment)
                                  : inspect_super(packet, offload, largest_segment);
}

Judged<Offload> complete_metadata(Bytes packet, Gso gso, std::uint16_t segment_size,
                                  Checksum checksum, std::size_t largest_segment) noexcept {
  Offload offload{.gso = gso, .checksum = checksum, .segment_size = segment_size};
  if (checksum == Checksum::Complete) {
    if (gso != Gso::None) return Fault::ChecksumComplete;
    const auto shape = inspect_single(packet, offload, largest_segment);
    return shape ? Judged{offload} : shape.fault();
  }
  const auto view = parse_packet(packet);
  if (!view) return Fault::Malformed;
  const auto place = own_checksum(packet, *view);
  if (!place) return place.fault();
  offload.checksum_start = place->start;
  offload.checksum_offset = place->offset;
  offload.header_size = static_cast<std::uint16_t>(place->header_size);
  // Of UDP there is no TCP header here, and no flag.
  if (gso != Gso::None && place->tcp.has(tcp::kOfOneSegment)) return Fault::ForbiddenFlags;
  if (gso != Gso::None && place->tcp.has(tcp::kCwr)) offload.cwr = Cwr::Set;
  const auto shape = inspect(packet, offload, largest_segment);
  if (!shape) return shape.fault();
  const auto most = gso == Gso::Udp ? kMostUdpSegments : kMostTcpSegments;
  if (shape->segments > most) return Fault::TooManySegments;
  const auto length = static_cast<std::uint32_t>(packet.size() - place->start);
  const auto field = Fields<kChecksumSize>::at(packet, place->start + place->offset);
  if (!field || field->u16<0>() != pseudo_header_sum(packet, *view, length)) {
    return Fault::PseudoHeaderSum;
  }
  return offload;
}

bool write_pseudo_header_sum(MutableBytes packet, Offload& offload) noexcept {
  const auto view = parse_packet(packet);
  if (!view || view->routed) return false;
  const auto place = own_checksum(packet, *view);
  if (!place) return false;
  auto field = MutableFields<kChecksumSize>::at(packet, place->start + place->offset);
  if (!field) return false;
  const auto length = static_cast<std::uint32_t>(packet.size() - place->start);
  field->set_u16<0>(pseudo_header_sum(packet, *view, length));
  offload.checksum = Checksum::Partial;
  offload.checksum_start = place->start;
  offload.checksum_offset = place->offset;
  return true;
}

bool finish_checksum(MutableBytes packet, const Offload& offload) noexcept {
  if (offload.checksum == Checksum::Complete) return true;
  if (offload.checksum_start > packet.size()) return false;
  const auto covered = packet.subspan(offload.checksum_start);
  auto field = MutableFields<kChecksumSize>::at(covered, offload.checksum_offset);
  if (!field) return false;
  const auto sum = sum_of(covered);
  // 0 is no checksum where it may be UDP's; anywhere else both say the same.
  const bool of_tcp = offload.checksum_offset == tcp::kChecksum;
  field->set_u16<0>(of_tcp ? complement(sum) : udp_complement(sum));
  return true;
}

Fault make_derivable(MutableBytes packet, Offload& offload, std::size_t largest_segment) noexcept {
  const auto derived = [&] {
    return complete_metadata(packet, offload.gso, offload.segment_size, offload.checksum,
                             largest_segment);
  };
  auto result = derived();
  const bool same = result && result->checksum_start == offload.checksum_start &&
                    result->checksum_offset == offload.checksum_offset;
  if (!same && offload.gso == Gso::None) {
    if (!finish_checksum(packet, offload)) return Fault::ChecksumPlace;
    offload = {};
    result = derived();
  } else if (!same) {
    const auto shape = inspect(packet, offload, largest_segment);
    if (!shape) return shape.fault();
    if (offload.checksum == Checksum::Complete && !write_pseudo_header_sum(packet, offload))
      return Fault::ChecksumPlace;
    result = derived();
  }
  if (result) offload = *result;
  return result.fault();
}

}  // namespace tunnel::segments
