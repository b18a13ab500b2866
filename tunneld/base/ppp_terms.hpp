#pragma once

#include "tunneld/base/address.hpp"

#include <cstdint>

// Words of PPP that profiles, messages and the engine share.

namespace tunnel {

/// What a profile says about one option, as FreeBSD's ppp has it. The weaker first.
enum class Policy : std::uint8_t {
  Deny,     // neither asked for, nor granted to a peer that asks
  Accept,   // granted, not asked for
  Request,  // asked for and granted; without it the link does as well
  Require,  // as Request, but a peer that refuses ends the link
};

constexpr bool grants(Policy policy) noexcept {
  return policy != Policy::Deny;
}

constexpr bool asks(Policy policy) noexcept {
  return policy >= Policy::Request;
}

/// How one end proves to the other who it is.
enum class AuthMethod : std::uint8_t {
  Pap,       // RFC 1334 §2: the secret itself
  ChapMd5,   // RFC 1994
  MsChapV2,  // RFC 2759
};

/// The Frame Check Sequence behind a frame (RFC 1662 §C; RFC 1570 §2.1).
enum class Fcs : std::uint8_t { None, Ccitt16, Ccitt32 };

/// An address as a profile gives it: "10.224.1.1" alone, or "10.224.1.1/24", which prefers one and
/// takes any of its network (FreeBSD's `set ifaddr`); 0.0.0.0 prefers none.
struct AddressWish {
  Ipv4Address preferred;
  std::uint8_t length = 32;  // of the network whose addresses do

  /// Whether there is no choice.
  constexpr bool fixed() const noexcept { return length >= 32; }

  /// Whether an address of the peer's choice does: of the network, and one that a host can have.
  constexpr bool allows(Ipv4Address address) const noexcept {
    if (address == preferred && !address.is_unspecified()) return true;
    const auto first = address.value >> 24;
    // RFC 6890 §2.2.2: not "this network", loopback, multicast or beyond.
    if (first == 0 || first == 127 || first >= 224) return false;
    const unsigned host_bits = length >= 32 ? 0 : 32U - length;
    return std::uint64_t{address.value} >> host_bits == std::uint64_t{preferred.value} >> host_bits;
  }

  bool operator==(const AddressWish&) const = default;
};

}  // namespace tunnel
