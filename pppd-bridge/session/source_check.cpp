#include "pppd-bridge/session/source_check.hpp"

#include <algorithm>

namespace tunnel::session {

namespace {

constexpr std::size_t kIpv4Header = 20;

std::uint32_t last_address(const Prefix& network) {
  const auto hosts = network.length() == 0 ? 0xffffffffU : (1ULL << (32 - network.length())) - 1;
  return network.ipv4().value | static_cast<std::uint32_t>(hosts);
}

}  // namespace

SourceCheck::SourceCheck(Ipv4Address peer, std::span<const Prefix> networks) {
  std::vector<Range> all{Range{peer.value, peer.value}};
  for (const auto& network : networks) {
    if (network.family() != Family::Ipv4) continue;
    all.push_back(Range{network.ipv4().value, last_address(network)});
  }
  std::sort(all.begin(), all.end(), [](auto a, auto b) { return a.first < b.first; });
  for (const auto range : all) {
    if (!ranges_.empty() && range.first <= ranges_.back().last) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

Verdict SourceCheck::check(Bytes packet) const noexcept {
  ByteReader in{packet};
  const auto version_and_length = in.u8();
  in.u8();
  const auto total_length = in.u16();
  in.u64();  // identification to header checksum: the kernel's to judge
  const auto source = in.u32();
  if (!source || *version_and_length >> 4 != 4) return Verdict::Malformed;
  const std::size_t header = (*version_and_length & 0x0fU) * 4U;
  if (header < kIpv4Header || header > packet.size() || *total_length < header ||
      *total_length > packet.size()) {
    return Verdict::Malformed;
  }
  return accepts(*source) ? Verdict::Accept : Verdict::WrongSource;
}

bool SourceCheck::accepts(std::uint32_t source) const noexcept {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), source,
                                      [](std::uint32_t s, Range r) { return s < r.first; });
  return after != ranges_.begin() && source <= std::prev(after)->last;
}

}  // namespace tunnel::session
