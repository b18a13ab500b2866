#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/segments/packet_view.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// Whether a packet and what is said of it fit together.
//
// Our kernel is believed as to what the octets mean, not as to their number: what it says is
// checked before anything is cut (inspect()). Of a peer's packet less is believed: its frame says
// only how large the segments are and whether the checksum is partial; where the checksum lies
// follows from the packet, and all of it is checked (complete_metadata()). What our kernel hands
// out and a peer could not work out in that way is put in order first (make_derivable()).

namespace tunnel::segments {

/// Why a packet and its metadata cannot be.
enum class Fault : std::uint8_t {
  None,
  Malformed,         // no IP packet, or headers that are not whole
  WrongProtocol,     // not the version and protocol that its Gso says
  LengthMismatch,    // lengths in its headers are not its own
  Fragmented,        // a fragment, which has no segments
  NoPayload,         // nothing to cut
  NoSegmentSize,     // segments of no size, or a size without segments
  TooLarge,          // a segment, with headers, is larger than the link takes
  TooManySegments,   // more than kMostTcpSegments or kMostUdpSegments
  ForbiddenFlags,    // SYN, RST or URG in a peer's super-packet
  ChecksumPlace,     // the checksum does not lie where it is said to lie
  ChecksumComplete,  // a peer's super-packet with a checksum: there is nothing that it could cover
  PseudoHeaderSum,   // what a Partial checksum field holds is not the sum of the pseudo-header
};

/// "segments of no size": for logs.
std::string_view to_string(Fault fault) noexcept;

/// A value, or the reason why there is none.
template <typename T>
class Judged {
 public:
  constexpr Judged(Fault fault) noexcept : fault_{fault} {}

  constexpr Judged(const T& value) noexcept : value_{value} {}

  constexpr bool has_value() const noexcept { return fault_ == Fault::None; }

  explicit constexpr operator bool() const noexcept { return has_value(); }

  constexpr Fault fault() const noexcept { return fault_; }

  constexpr const T& operator*() const noexcept { return value_; }

  constexpr T& operator*() noexcept { return value_; }

  constexpr const T* operator->() const noexcept { return &value_; }

  constexpr T* operator->() noexcept { return &value_; }

 private:
  Fault fault_ = Fault::None;
  T value_{};
};

/// What a peer may send at most as one packet. Segments have headers of their own: of very small
/// ones a peer could have us make many times the octets that it sends. Linux takes no more than 64
/// datagrams of UDP in one super-packet.
inline constexpr std::size_t kMostTcpSegments = 512;
inline constexpr std::size_t kMostUdpSegments = 64;

/// What a packet comes to when it is cut.
struct Shape {
  PacketView view{};            // with Gso only
  TcpView tcp{};                // with Gso::Tcp4 and Tcp6 only
  std::size_t header_size = 0;  // octets in front of the payload; 0 without Gso
  std::size_t segments = 1;
  std::size_t largest = 0;  // octets of the largest segment, with headers
};

/// Whether `offload` is possible for `packet`, as our kernel may give it: no segment is larger than
/// `largest_segment` octets with its headers (the MRU of who is to get it). Their number is
/// whatever it is.
Judged<Shape> inspect(Bytes packet, const Offload& offload, std::size_t largest_segment) noexcept;

/// What a peer's packet and the little that its frame says come to: metadata that the kernel may be
/// given with the packet. Whether the IP header's addresses are acceptable is not asked here; nor
/// is anything of a packet with neither Gso nor a Partial checksum, except that it is not too
/// large.
Judged<Offload> complete_metadata(Bytes packet, Gso gso, std::uint16_t segment_size,
                                  Checksum checksum, std::size_t largest_segment) noexcept;

/// Puts a packet of our own kernel into a form that complete_metadata() at the peer will take:
/// checksums that lie elsewhere than in the packet's own TCP or UDP header (that of a packet in a
/// tunnel, say) become complete, and those of super-packets become partial. Returns the fault where
/// that is not possible; the packet is then to be cut by a Splitter, or dropped where that will not
/// have it either.
Fault make_derivable(MutableBytes packet, Offload& offload, std::size_t largest_segment) noexcept;

/// Computes a Partial checksum in place, over what `offload` says that it covers; a packet with a
/// Complete one is left as it is. false, and nothing done: the checksum would lie outside the
/// packet.
bool finish_checksum(MutableBytes packet, const Offload& offload) noexcept;

/// Puts the sum of the pseudo-header, for all of the packet, where the checksum of the packet's own
/// TCP or UDP header lies, and says so in `offload`. false, and nothing done: there is no such
/// header, or its checksum does not cover the rest of the packet.
bool write_pseudo_header_sum(MutableBytes packet, Offload& offload) noexcept;

}  // namespace tunnel::segments
