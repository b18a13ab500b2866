#pragma once

#include "filter/packet/packet.hpp"

#include <cstddef>
#include <cstdint>

namespace tunnel::filter::evaluator {

/// What the packets of one flow that go one way have in common.
struct FlowKey {
  packet::Ends ends{};
  std::uint8_t protocol = 0;
  std::uint8_t query = 0;  // of ICMP: the type that asks, of questions and answers alike

  bool operator==(const FlowKey&) const = default;

  FlowKey reversed() const noexcept { return {ends.reversed(), protocol, query}; }
};

/// The flow that a packet is of.
FlowKey flow_of(const packet::Packet& packet) noexcept;

/// The flow that an ICMP error of that family is about.
FlowKey flow_of(const packet::Quoted& quoted, Family family) noexcept;

/// Whether a type of ICMP asks something that conntrack knows the answer of.
bool asks(Family family, std::uint8_t type) noexcept;

/// A question of Neighbour Discovery or of group membership (RFC 4861, RFC 2710): asked of groups
/// and answered by hosts, so that question and answer are no flow.
bool is_discovery(const packet::Packet& packet) noexcept;

struct FlowHash {
  std::size_t operator()(const FlowKey& key) const noexcept {
    constexpr std::size_t kOdd = 0x9e37'79b9'7f4a'7c15;
    const auto& ends = key.ends;
    const std::size_t ports = std::size_t{ends.source_port} << 24 |
                              std::size_t{ends.destination_port} << 8 | (key.protocol ^ key.query);
    const auto mixed = ends.source.hash() ^ ends.destination.hash() * 31 ^ ports * kOdd;
    return mixed ^ mixed >> 32;
  }
};

}  // namespace tunnel::filter::evaluator
