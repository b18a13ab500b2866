#pragma once

#include "filter/packet/packet.hpp"
#include "tunneld/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace tunnel::filter::evaluator {

/// What is known about packets that come in fragments, by what all fragments of a packet share: the
/// hosts, the protocol, the number of the packet, and the interface.
template <typename Value>
class FragmentCache {
 public:
  /// How long fragments may be under way, as long as IPFilter gives them.
  static constexpr std::chrono::seconds kPatience{60};

  void remember(const packet::Packet& packet, const Value& value, TimePoint now) {
    if (known_.size() >= kMost) forget_expired(now);
    if (known_.size() < kMost)
      known_.insert_or_assign(key_of(packet), Entry{value, now + kPatience});
  }

  /// Of a fragment that is not the first; nullptr: nothing is known.
  const Value* find(const packet::Packet& packet, TimePoint now) const {
    if (known_.empty() || !packet.is_fragment_body()) return nullptr;
    const auto found = known_.find(key_of(packet));
    return found == known_.end() || found->second.expires <= now ? nullptr : &found->second.value;
  }

 private:
  static constexpr std::size_t kMost = 10'000;

  struct Key {
    HostAddress source{};
    HostAddress destination{};
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    InterfaceName interface {};

    bool operator==(const Key&) const = default;
  };

  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return key.source.hash() ^ key.destination.hash() * 31 ^ key.id * 0x9e37'79b9U;
    }
  };

  struct Entry {
    Value value;
    TimePoint expires;
  };

  static Key key_of(const packet::Packet& packet) {
    return {packet.ends.source, packet.ends.destination, packet.id, packet.protocol,
            packet.interface};
  }

  void forget_expired(TimePoint now) {
    std::erase_if(known_, [now](const auto& each) { return each.second.expires <= now; });
  }

  std::unordered_map<Key, Entry, Hash> known_;
};

}  // namespace tunnel::filter::evaluator
