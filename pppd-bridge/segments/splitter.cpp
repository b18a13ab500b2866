#include "pppd-bridge/segments/splitter.hpp"

#include "pppd-bridge/segments/checksum.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>

namespace tunnel::segments {

namespace {

constexpr std::uint8_t kAllButCwr = 0xff & ~tcp::kCwr;
constexpr std::uint8_t kAllButFinPsh = 0xff & ~(tcp::kFin | tcp::kPsh);

/// `sum` without one of the words in it.
constexpr std::uint16_t without(std::uint16_t sum, std::uint16_t word) noexcept {
  return fold(std::uint64_t{sum} + complement(word));
}

constexpr std::uint16_t high(std::uint32_t value) noexcept {
  return static_cast<std::uint16_t>(value >> 16);
}

constexpr std::uint16_t low(std::uint32_t value) noexcept {
  return static_cast<std::uint16_t>(value);
}

/// The sum of the pseudo-header but for the length. Where the kernel, or a peer, has put it into
/// the checksum's field, that one is right even where a routing header hides the last destination.
std::uint16_t pseudo_header_base(Bytes packet, const PacketView& view, Checksum checksum,
                                 std::uint16_t field) noexcept {
  if (checksum == Checksum::Complete) return pseudo_header_sum(packet, view, 0);
  return without(field, low(static_cast<std::uint32_t>(packet.size() - view.transport_offset)));
}

}  // namespace

Judged<Splitter> Splitter::create(Bytes packet, const Offload& offload,
                                  std::size_t largest_segment) noexcept {
  const auto shape = inspect(packet, offload, largest_segment);
  if (!shape) return shape.fault();
  return Splitter{packet, offload, *shape};
}

Splitter::Splitter(Bytes packet, const Offload& offload, const Shape& shape) noexcept
    : packet_{packet}, offload_{offload}, segments_{shape.segments} {
  if (offload.gso == Gso::None) return;
  family_ = shape.view.family;
  transport_offset_ = shape.view.transport_offset;
  header_size_ = shape.header_size;
  if (family_ == Family::Ipv4) prepare_ipv4();
  if (offload.gso == Gso::Udp) {
    prepare_udp(shape.view);
  } else {
    prepare_tcp(shape);
  }
}

void Splitter::prepare_ipv4() noexcept {
  const auto header = Fields<ipv4::kHeader>::at(packet_, 0);
  if (!header) return;
  identification_ = header->u16<ipv4::kIdentification>();
  const bool whole_only = (header->u16<ipv4::kFragment>() & ipv4::kDontFragment) != 0;
  identification_stays_ = whole_only && identification_ == 0;
  network_sum_ = sum_of(packet_.first(transport_offset_));
  for (const auto word :
       {header->u16<ipv4::kTotalLength>(), identification_, header->u16<ipv4::kChecksum>()}) {
    network_sum_ = without(network_sum_, word);
  }
}

void Splitter::prepare_tcp(const Shape& shape) noexcept {
  const auto& header = shape.tcp;
  flags_ = header.flags;
  sequence_ = header.sequence;
  const auto base = pseudo_header_base(packet_, shape.view, offload_.checksum, header.checksum);
  const auto octets = packet_.first(header_size_).subspan(transport_offset_);
  transport_sum_ = fold(std::uint64_t{base} + sum_of(octets));
  for (const auto word :
       {high(sequence_), low(sequence_), std::uint16_t{flags_}, header.checksum}) {
    transport_sum_ = without(transport_sum_, word);
  }
}

void Splitter::prepare_udp(const PacketView& view) noexcept {
  const auto header = parse_udp(packet_, view);
  if (!header) return;
  const auto base = pseudo_header_base(packet_, view, offload_.checksum, header->checksum);
  transport_sum_ = fold(std::uint64_t{base} + header->ports);
}

std::optional<std::size_t> Splitter::next(MutableBytes out) noexcept {
  if (taken_ == segments_) return std::nullopt;
  const auto size = offload_.gso == Gso::None ? write_single(out) : write_segment(out);
  ++taken_;
  return size;
}

std::size_t Splitter::write_single(MutableBytes out) const noexcept {
  TUNNEL_CHECK(out.size() >= packet_.size());
  std::copy(packet_.begin(), packet_.end(), out.begin());
  // inspect() has seen that the checksum lies in the packet.
  finish_checksum(out.first(packet_.size()), offload_);
  return packet_.size();
}

std::size_t Splitter::write_segment(MutableBytes out) const noexcept {
  const auto begin = header_size_ + taken_ * offload_.segment_size;
  const auto payload =
      packet_.subspan(begin, std::min<std::size_t>(offload_.segment_size, packet_.size() - begin));
  const auto size = header_size_ + payload.size();
  TUNNEL_CHECK(out.size() >= size);
  const auto segment = out.first(size);
  const auto header = packet_.first(header_size_);
  std::copy(header.begin(), header.end(), segment.begin());
  std::copy(payload.begin(), payload.end(), segment.subspan(header_size_).begin());
  if (family_ == Family::Ipv4) {
    write_ipv4(segment);
  } else {
    write_ipv6(segment);
  }
  const auto transport = segment.subspan(transport_offset_);
  if (offload_.gso == Gso::Udp) {
    write_udp(transport, sum_of(payload));
  } else {
    write_tcp(transport, sum_of(payload));
  }
  return size;
}

void Splitter::write_ipv4(MutableBytes segment) const noexcept {
  auto header = MutableFields<ipv4::kHeader>::at(segment, 0);
  if (!header) return;
  const auto length = static_cast<std::uint16_t>(segment.size());
  auto identification = identification_;
  if (!identification_stays_)
    identification = low(identification_ + static_cast<std::uint32_t>(taken_));
  header->set_u16<ipv4::kTotalLength>(length);
  header->set_u16<ipv4::kIdentification>(identification);
  header->set_u16<ipv4::kChecksum>(
      complement(fold(std::uint64_t{network_sum_} + length + identification)));
}

void Splitter::write_ipv6(MutableBytes segment) const noexcept {
  auto header = MutableFields<ipv6::kHeader>::at(segment, 0);
  if (!header) return;
  header->set_u16<ipv6::kPayloadLength>(static_cast<std::uint16_t>(segment.size() - ipv6::kHeader));
}

void Splitter::write_tcp(MutableBytes transport, std::uint16_t payload_sum) const noexcept {
  auto header = MutableFields<tcp::kHeader>::at(transport, 0);
  if (!header) return;
  const auto sequence =
      sequence_ + static_cast<std::uint32_t>(taken_) * std::uint32_t{offload_.segment_size};
  auto flags = flags_;
  if (taken_ != 0) flags &= kAllButCwr;
  if (taken_ + 1 != segments_) flags &= kAllButFinPsh;
  header->set_u32<tcp::kSequence>(sequence);
  header->set_u8<tcp::kFlags>(flags);
  const auto sum = std::uint64_t{transport_sum_} + payload_sum + transport.size() + high(sequence) +
                   low(sequence) + flags;
  header->set_u16<tcp::kChecksum>(complement(fold(sum)));
}

void Splitter::write_udp(MutableBytes transport, std::uint16_t payload_sum) const noexcept {
  auto header = MutableFields<udp::kHeader>::at(transport, 0);
  if (!header) return;
  const auto length = static_cast<std::uint16_t>(transport.size());
  header->set_u16<udp::kLength>(length);
  // Once in the pseudo-header, once in the header.
  const auto sum = std::uint64_t{transport_sum_} + payload_sum + length + length;
  header->set_u16<udp::kChecksum>(udp_complement(fold(sum)));
}

}  // namespace tunnel::segments
