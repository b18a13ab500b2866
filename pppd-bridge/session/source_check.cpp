#include "pppd-bridge/session/source_check.hpp"

#include <algorithm>

namespace tunnel::session {

namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kHopByHop = 0;

std::uint32_t last_address(const Prefix& network) {
  const auto hosts = network.length() == 0 ? 0xffffffffU : (1ULL << (32 - network.length())) - 1;
  return network.ipv4().value | static_cast<std::uint32_t>(hosts);
}

/// The bits behind a prefix length of 0 to 64, set.
constexpr std::uint64_t host_bits(unsigned length) {
  return length >= 64 ? 0 : ~std::uint64_t{0} >> length;
}

}  // namespace

SourceCheck::Number6 SourceCheck::number_of(const Ipv6Address& address) noexcept {
  ByteReader in{address.bytes};
  const auto high = in.u64();
  const auto low = in.u64();
  return {*high, *low};
}

SourceCheck::SourceCheck(const PeerAddresses& peer, std::span<const Prefix> networks) {
  if (peer.ipv4) peer4_ = peer.ipv4->value;
  if (peer.ipv6) ranges6_.push_back({number_of(*peer.ipv6), number_of(*peer.ipv6)});
  for (const auto& network : networks) {
    if (network.family() == Family::Ipv4) {
      ranges4_.push_back({network.ipv4().value, last_address(network)});
      continue;
    }
    const auto first = number_of(network.ipv6());
    const unsigned length = network.length();
    ranges6_.push_back({first,
                        {first.first | host_bits(length),
                         first.second | host_bits(length < 64 ? 0 : length - 64)}});
  }
  ranges4_ = merged(std::move(ranges4_));
  ranges6_ = merged(std::move(ranges6_));
  set_peer_link_local(peer.link_local);
}

void SourceCheck::set_peer_link_local(std::optional<Ipv6Address> address) {
  link_local_.reset();
  if (address) link_local_ = number_of(*address);
}

template <typename Number>
std::vector<SourceCheck::Range<Number>> SourceCheck::merged(std::vector<Range<Number>> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Range<Number>> disjoint;
  for (const auto& range : ranges) {
    if (!disjoint.empty() && range.first <= disjoint.back().last) {
      disjoint.back().last = std::max(disjoint.back().last, range.last);
    } else {
      disjoint.push_back(range);
    }
  }
  return disjoint;
}

template <typename Number>
bool SourceCheck::contains(const std::vector<Range<Number>>& ranges,
                           const Number& source) noexcept {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), source,
                                      [](const auto& s, const auto& r) { return s < r.first; });
  return after != ranges.begin() && source <= std::prev(after)->last;
}

Verdict SourceCheck::check(Family family, Bytes packet) const noexcept {
  ByteReader in{packet};
  const auto version = in.u8();
  if (!version || *version >> 4 != static_cast<unsigned>(family)) return Verdict::Malformed;
  return family == Family::Ipv4 ? check_ipv4(packet) : check_ipv6(packet);
}

Verdict SourceCheck::check_ipv4(Bytes packet) const noexcept {
  ByteReader in{packet};
  const auto version_and_length = in.u8();
  in.u8();
  const auto total_length = in.u16();
  in.u64();  // identification to header checksum: the kernel's to judge
  const auto source = in.u32();
  if (!source) return Verdict::Malformed;
  const std::size_t header = (*version_and_length & 0x0fU) * 4U;
  if (header < kIpv4Header || header > packet.size() || *total_length < header ||
      *total_length > packet.size()) {
    return Verdict::Malformed;
  }
  return contains(ranges4_, *source) || source == peer4_ ? Verdict::Accept : Verdict::WrongSource;
}

Verdict SourceCheck::check_ipv6(Bytes packet) const noexcept {
  ByteReader in{packet};
  in.u32();  // version, traffic class and flow label
  const auto payload_length = in.u16();
  const auto next_header = in.u8();
  in.u8();  // hop limit
  const auto high = in.u64();
  const auto low = in.u64();
  if (packet.size() < kIpv6Header || *payload_length > packet.size() - kIpv6Header) {
    return Verdict::Malformed;
  }
  const bool jumbogram = *payload_length == 0 && *next_header == kHopByHop;  // RFC 2675 §2
  if (jumbogram) return Verdict::Malformed;
  return accepts({*high, *low}) ? Verdict::Accept : Verdict::WrongSource;
}

bool SourceCheck::accepts(const Number6& source) const noexcept {
  const auto [high, low] = source;
  const bool link_local = high >> 54 == 0xfe80U >> 6;  // fe80::/10
  if (link_local) return source == link_local_;
  const bool multicast = high >> 56 == 0xff;
  // ::/96 has the unspecified address, loopback, and IPv4-compatible ones, which RFC 4291 §2.5.5.1
  // deprecates; ::ffff:0:0/96 is IPv4-mapped.
  const bool of_no_host = high == 0 && (low >> 32 == 0 || low >> 32 == 0xffff);
  return !multicast && !of_no_host && contains(ranges6_, source);
}

}  // namespace tunnel::session
