#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace tunnel::session {

enum class Verdict : std::uint8_t { Accept, Malformed, WrongSource };

/// The peer's own addresses on the link; none of a family that the link does not carry.
struct PeerAddresses {
  std::optional<Ipv4Address> ipv4{};
  std::optional<Ipv6Address> ipv6{};
  /// Made of the identifier that IPV6CP agreed (RFC 5072 §5).
  std::optional<Ipv6Address> link_local{};
};

/// Says which packets from the peer may enter the tun device: IP packets whose header is whole and
/// whose source lies in one of the site's networks, or is one of the peer's own addresses. A stolen
/// key thereby forges no other site's, and no local, source.
///
/// Of IPv6, jumbograms (RFC 2675) are malformed, since no link here has an MTU for them; and
/// whatever the networks are, no source is accepted that names no host of them: the unspecified one
/// (also that of DAD and of MLD before there is an address), loopback, multicast, IPv4-mapped ones,
/// and link-local ones but the peer's.
class SourceCheck {
 public:
  SourceCheck(const PeerAddresses& peer, std::span<const Prefix> networks);

  /// What a negotiation has agreed.
  void set_peer_ipv4(Ipv4Address address) noexcept { peer4_ = address.value; }

  void set_peer_link_local(std::optional<Ipv6Address> address);

  /// A packet that came as one of `family`, by its PPP protocol: another version in it is
  /// malformed.
  Verdict check(Family family, Bytes packet) const noexcept;

 private:
  /// An IPv6 address as numbers, for comparisons: the octets' order is that of the two.
  using Number6 = std::pair<std::uint64_t, std::uint64_t>;

  template <typename Number>
  struct Range {
    Number first{};
    Number last{};
  };

  template <typename Number>
  static std::vector<Range<Number>> merged(std::vector<Range<Number>> ranges);
  template <typename Number>
  static bool contains(const std::vector<Range<Number>>& ranges, const Number& source) noexcept;
  static Number6 number_of(const Ipv6Address& address) noexcept;

  Verdict check_ipv4(Bytes packet) const noexcept;
  Verdict check_ipv6(Bytes packet) const noexcept;
  bool accepts(const Number6& source) const noexcept;

  // Sorted, disjoint.
  std::vector<Range<std::uint32_t>> ranges4_;
  std::vector<Range<Number6>> ranges6_;
  std::optional<std::uint32_t> peer4_;
  std::optional<Number6> link_local_;
};

}  // namespace tunnel::session
