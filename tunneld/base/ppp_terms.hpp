#pragma once

#include "tunneld/base/address.hpp"

#include <cstdint>
#include <string>

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

/// [ppp.options] of a profile: of LCP first, then the two protocols of the network, IPCP's options
/// (RFC 1877), and CCP's Deflate (RFC 1979).
struct PppPolicies {
  Policy mru = Policy::Request;  // never Deny in a profile
  Policy accm = Policy::Request;
  Policy magic = Policy::Request;
  Policy pfc = Policy::Request;
  Policy acfc = Policy::Request;
  Policy fcs = Policy::Accept;
  Policy ip = Policy::Request;  // Deny in a profile with addresses of IPv6 only
  Policy ipv6 = Policy::Deny;   // Request in a profile with addresses or networks of IPv6
  Policy dns = Policy::Accept;
  Policy nbns = Policy::Accept;
  Policy deflate = Policy::Deny;

  bool operator==(const PppPolicies&) const = default;
};

/// How one end proves to the other who it is.
enum class AuthMethod : std::uint8_t {
  Pap,       // RFC 1334 §2: the secret itself
  ChapMd5,   // RFC 1994
  MsChapV2,  // RFC 2759
};

/// The Frame Check Sequence behind a frame (RFC 1662 §C; RFC 1570 §2.1).
enum class Fcs : std::uint8_t { None, Ccitt16, Ccitt32 };

/// Whether the tun device takes and gives packets larger than the MRU (Linux's IFF_VNET_HDR), and
/// whether a peer of our own kind is asked to carry them whole.
enum class Offload : std::uint8_t { Avoid, Use };

/// Whether the Maximum Segment Size of TCP connections through the tunnel is lowered to what fits
/// its MRU (RFC 9293 §3.7.1).
enum class ClampMss : std::uint8_t { No, Yes };

/// What makes the packets of one direction smaller (RFC 1962).
enum class Compression : std::uint8_t { None, Deflate };

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

  /// That network; of one address where there is no choice.
  Prefix network() const;
  /// As a profile has it.
  std::string str() const;

  bool operator==(const AddressWish&) const = default;
};

}  // namespace tunnel
