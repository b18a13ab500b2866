#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

// Big-endian fields at places known when this is compiled: a place beyond the header does not
// compile, so that one comparison of lengths does for a whole header.

namespace tunnel::segments {

/// A header of `Size` octets in a buffer of somebody else.
template <std::size_t Size>
class Fields {
 public:
  explicit constexpr Fields(std::span<const std::uint8_t, Size> octets) noexcept
      : octets_{octets} {}

  /// The octets of `packet` from `offset`; nullopt when they are not all there.
  static constexpr std::optional<Fields> at(Bytes packet, std::size_t offset) noexcept {
    if (offset > packet.size() || packet.size() - offset < Size) return std::nullopt;
    return Fields{packet.subspan(offset).template first<Size>()};
  }

  template <std::size_t Offset>
  constexpr std::uint8_t u8() const noexcept {
    static_assert(Offset < Size);
    return octets_[Offset];
  }

  template <std::size_t Offset>
  constexpr std::uint16_t u16() const noexcept {
    static_assert(Offset + 2 <= Size);
    return static_cast<std::uint16_t>(octets_[Offset] << 8 | octets_[Offset + 1]);
  }

  template <std::size_t Offset>
  constexpr std::uint32_t u32() const noexcept {
    static_assert(Offset + 4 <= Size);
    return static_cast<std::uint32_t>(u16<Offset>()) << 16 | u16<Offset + 2>();
  }

  template <std::size_t Offset>
  constexpr std::uint64_t u64() const noexcept {
    static_assert(Offset + 8 <= Size);
    return static_cast<std::uint64_t>(u32<Offset>()) << 32 | u32<Offset + 4>();
  }

 private:
  std::span<const std::uint8_t, Size> octets_;
};

/// The same, to write.
template <std::size_t Size>
class MutableFields {
 public:
  explicit constexpr MutableFields(std::span<std::uint8_t, Size> octets) noexcept
      : octets_{octets} {}

  /// The octets of `packet` from `offset`; nullopt when they are not all there.
  static constexpr std::optional<MutableFields> at(MutableBytes packet,
                                                   std::size_t offset) noexcept {
    if (offset > packet.size() || packet.size() - offset < Size) return std::nullopt;
    return MutableFields{packet.subspan(offset).template first<Size>()};
  }

  template <std::size_t Offset>
  constexpr void set_u8(std::uint8_t value) noexcept {
    static_assert(Offset < Size);
    octets_[Offset] = value;
  }

  template <std::size_t Offset>
  constexpr void set_u16(std::uint16_t value) noexcept {
    static_assert(Offset + 2 <= Size);
    octets_[Offset] = static_cast<std::uint8_t>(value >> 8);
    octets_[Offset + 1] = static_cast<std::uint8_t>(value);
  }

  template <std::size_t Offset>
  constexpr void set_u32(std::uint32_t value) noexcept {
    set_u16<Offset>(static_cast<std::uint16_t>(value >> 16));
    set_u16<Offset + 2>(static_cast<std::uint16_t>(value));
  }

 private:
  std::span<std::uint8_t, Size> octets_;
};

/// Where what lies in the headers of IP, TCP and UDP, in octets from their beginning.
namespace ipv4 {  // RFC 791 §3.1
inline constexpr std::size_t kHeader = 20;
inline constexpr std::size_t kVersionAndLength = 0;
inline constexpr std::size_t kTrafficClass = 1;
inline constexpr std::size_t kTotalLength = 2;
inline constexpr std::size_t kIdentification = 4;
inline constexpr std::size_t kFragment = 6;
inline constexpr std::size_t kTtl = 8;
inline constexpr std::size_t kProtocol = 9;
inline constexpr std::size_t kChecksum = 10;
inline constexpr std::size_t kSource = 12;
inline constexpr std::size_t kDestination = 16;
inline constexpr std::uint16_t kDontFragment = 0x4000;
inline constexpr std::uint16_t kMoreFragments = 0x2000;
inline constexpr std::uint16_t kFragmentOffset = 0x1fff;
}  // namespace ipv4

namespace ipv6 {  // RFC 8200 §3
inline constexpr std::size_t kHeader = 40;
inline constexpr std::size_t kVersionClassLabel = 0;
inline constexpr std::size_t kPayloadLength = 4;
inline constexpr std::size_t kNextHeader = 6;
inline constexpr std::size_t kHopLimit = 7;
inline constexpr std::size_t kSource = 8;
inline constexpr std::size_t kDestination = 24;
}  // namespace ipv6

namespace tcp {  // RFC 9293 §3.1
inline constexpr std::size_t kHeader = 20;
inline constexpr std::size_t kLongestHeader = 60;
inline constexpr std::size_t kPorts = 0;
inline constexpr std::size_t kSequence = 4;
inline constexpr std::size_t kAcknowledgment = 8;
inline constexpr std::size_t kDataOffset = 12;
inline constexpr std::size_t kFlags = 13;
inline constexpr std::size_t kWindow = 14;
inline constexpr std::size_t kChecksum = 16;
inline constexpr std::size_t kUrgent = 18;
}  // namespace tcp

namespace udp {  // RFC 768
inline constexpr std::size_t kHeader = 8;
inline constexpr std::size_t kPorts = 0;
inline constexpr std::size_t kLength = 4;
inline constexpr std::size_t kChecksum = 6;
}  // namespace udp

}  // namespace tunnel::segments
