#pragma once

#include "filter/packet/packet.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::filter::evaluator {

/// What the packets of one flow that go one way have in common.
struct FlowKey {
  packet::Ends ends{};
  std::uint8_t protocol = 0;

  bool operator==(const FlowKey&) const = default;

  FlowKey reversed() const noexcept { return {ends.reversed(), protocol}; }
};

struct FlowHash {
  std::size_t operator()(const FlowKey& key) const noexcept {
    constexpr std::size_t kOdd = 0x9e37'79b9'7f4a'7c15;
    const auto& ends = key.ends;
    const std::size_t ports = std::size_t{ends.source_port} << 24 |
                              std::size_t{ends.destination_port} << 8 | key.protocol;
    const auto mixed = ends.source.hash() ^ ends.destination.hash() * 31 ^ ports * kOdd;
    return mixed ^ mixed >> 32;
  }
};

}  // namespace tunnel::filter::evaluator
