#pragma once

#include "filter/evaluator/flow_key.hpp"
#include "filter/evaluator/fragment_cache.hpp"
#include "filter/evaluator/nat_choice.hpp"
#include "filter/model/nat_lists.hpp"
#include "filter/packet/packet.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace tunnel::filter::evaluator {

/// What translation has done to a packet.
struct Translation {
  enum class Kind : std::uint8_t {
    None,    // nothing
    Made,    // it has begun a session, by the rule
    Known,   // it belongs to one, or is an ICMP error about one
    Failed,  // the rule has nothing left to give: the packet is blocked
  };

  Kind kind = Kind::None;
  const NatRule* rule = nullptr;
};

/// Translation rules and the sessions that they have made (ipnat(5)).
class NatTable {
 public:
  /// All must outlive it.
  NatTable(const NatLists& lists, const InterfaceAddresses& addresses, RandomSource& random,
           std::size_t most);

  /// Both ends, the MSS of a SYN, and what an ICMP error quotes, as they are on the other side.
  Translation translate(packet::Packet& packet, TimePoint now);

  std::size_t sessions(TimePoint now);

 private:
  /// A flow, as its packets are before and behind this hook: those that go as the first one went
  /// have `before`, and get `after`; those that come back have `after` reversed.
  struct Session {
    const NatRule* rule = nullptr;
    Direction direction = Direction::In;
    FlowKey before{};
    FlowKey after{};
    std::uint8_t ways = 0;  // bits: packets have gone this way
    bool closing = false;   // FIN or RST was seen
    TimePoint expires{};
  };

  struct Key {
    FlowKey flow{};
    Direction direction = Direction::In;
    InterfaceName interface {};

    bool operator==(const Key&) const = default;
  };

  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept {
      return FlowHash{}(key.flow) * 2 + (key.direction == Direction::In ? 0 : 1);
    }
  };

  struct Candidate {
    const NatRule* rule = nullptr;
    NatChoice choice;
    std::size_t same_match = 0;  // of round-robin: the first rule that asks for the same
    std::uint64_t used = 0;      // how often, to find whose turn it is
  };

  using Sessions = std::list<Session>;

  struct Found {
    Sessions::iterator session;
    bool back = false;
  };

  std::vector<Candidate> candidates(const std::vector<NatRule>& rules,
                                    const InterfaceAddresses& addresses, RandomSource& random);
  std::optional<Found> find(const Key& key, TimePoint now);
  Translation follow(packet::Packet& packet, const Found& found, TimePoint now);
  Translation translate_error(packet::Packet& packet, TimePoint now);
  Translation translate_fragment(packet::Packet& packet, TimePoint now);
  Translation begin(packet::Packet& packet, TimePoint now);
  Candidate* rule_for(std::vector<Candidate>& rules, const packet::Packet& packet);
  bool is_free(const Key& back, TimePoint now);
  void forget(Sessions::iterator session);
  void forget_expired(TimePoint now);
  static void prolong(Session& session, const packet::Packet& packet, bool back, TimePoint now);

  struct NewHosts {
    HostAddress source{};
    HostAddress destination{};
    const NatRule* rule = nullptr;
  };

  std::vector<Candidate> outbound_;
  std::vector<Candidate> inbound_;
  std::size_t most_;
  Sessions sessions_;
  std::unordered_map<Key, Sessions::iterator, KeyHash> by_key_;
  FragmentCache<NewHosts> fragments_;
};

}  // namespace tunnel::filter::evaluator
