#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/segments/super_packet.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::segments {

/// Cuts a super-packet into the packets that it stands for, as Linux does: each has the headers of
/// the whole, with its own lengths, sequence number, identification and checksums; FIN and PSH are
/// on the last one only, CWR on the first one only. A packet without Gso comes out once, with its
/// checksum.
///
/// The identification (IPv4) counts up from the first one's. With "don't fragment" it means nothing
/// (RFC 6864 §4.1), and hosts that then send zero always have it stay zero.
class Splitter {
 public:
  /// `packet` must stay where it is for as long as segments are wanted. No segment will be larger
  /// than `largest_segment` octets.
  static Judged<Splitter> create(Bytes packet, const Offload& offload,
                                 std::size_t largest_segment) noexcept;

  /// Nothing to cut.
  Splitter() = default;

  /// All of them, those taken included.
  std::size_t segments() const noexcept { return segments_; }

  /// Writes the next segment to `out` and returns its size; nullopt: that was the last one. `out`
  /// must have room for it: as much as the packet has, or `largest_segment`, is enough.
  std::optional<std::size_t> next(MutableBytes out) noexcept;

 private:
  Splitter(Bytes packet, const Offload& offload, const Shape& shape) noexcept;

  void prepare_ipv4() noexcept;
  void prepare_tcp(const Shape& shape) noexcept;
  void prepare_udp(const PacketView& view) noexcept;
  std::size_t write_single(MutableBytes out) const noexcept;
  std::size_t write_segment(MutableBytes out) const noexcept;
  void write_ipv4(MutableBytes segment) const noexcept;
  void write_ipv6(MutableBytes segment) const noexcept;
  void write_tcp(MutableBytes transport, std::uint16_t payload_sum) const noexcept;
  void write_udp(MutableBytes transport, std::uint16_t payload_sum) const noexcept;

  Bytes packet_{};
  Offload offload_{};
  std::size_t segments_ = 0;
  std::size_t taken_ = 0;

  // Of super-packets only.
  Family family_ = Family::Ipv4;
  std::size_t transport_offset_ = 0;
  std::size_t header_size_ = 0;
  std::uint8_t flags_ = 0;
  std::uint32_t sequence_ = 0;
  std::uint16_t identification_ = 0;
  bool identification_stays_ = false;
  /// The sums of what is the same in each segment: of an IPv4 header without length, identification
  /// and checksum; of pseudo-header and transport header without length, sequence number, flags and
  /// checksum.
  std::uint16_t network_sum_ = 0;
  std::uint16_t transport_sum_ = 0;
};

}  // namespace tunnel::segments
