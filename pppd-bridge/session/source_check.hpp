#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tunnel::session {

enum class Verdict : std::uint8_t { Accept, Malformed, WrongSource };

/// Says which packets from the peer may enter the tun device: IPv4 packets whose header is whole
/// and whose source lies in one of the site's networks, or is the peer's own tunnel address. A
/// stolen key thereby forges no other site's, and no local, source.
class SourceCheck {
 public:
  SourceCheck(Ipv4Address peer, std::span<const Prefix> networks);

  Verdict check(Bytes packet) const noexcept;

 private:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };

  bool accepts(std::uint32_t source) const noexcept;

  std::vector<Range> ranges_;  // sorted, disjoint
};

}  // namespace tunnel::session
