#include "pppd-bridge/segments/flow.hpp"

#include "tests/segments/packets.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tunnel::segments::test {
namespace {

constexpr std::uint64_t kSeed = 0x0123'4567'89ab'cdef;

std::uint32_t hash_of(const Description& what, std::uint64_t seed = kSeed) {
  return flow_hash(build(what), seed);
}

TEST(FlowHash, IsThatOfAddressesProtocolAndPortsAlone) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    const Description first{.kind = kind};
    const Description same{.kind = kind,
                           .tos = 9,
                           .ttl = 3,
                           .identification = 8,
                           .sequence = 5,
                           .flags = tcp::kFin,
                           .payload = Octets(9, 9)};
    EXPECT_EQ(hash_of(first), hash_of(same));
    auto other = first;
    other.source_port++;
    EXPECT_NE(hash_of(first), hash_of(other));
    other = first;
    other.destination_port++;
    EXPECT_NE(hash_of(first), hash_of(other));
    other = first;
    other.last_of_source++;
    EXPECT_NE(hash_of(first), hash_of(other));
  }
  EXPECT_NE(hash_of({.kind = Gso::Tcp4}), hash_of({.kind = Gso::Udp}));
}

// Worked out with another program: of addresses, protocol and ports as words, and the key that the
// seed comes to.
TEST(FlowHash, IsSipHash13) {
  EXPECT_EQ(hash_of({.kind = Gso::Tcp4}), 0x7904'aa29U);
  EXPECT_EQ(hash_of({.kind = Gso::Tcp6}), 0xa461'c411U);
}

TEST(FlowHash, OfTheOtherDirectionIsAnother) {
  const Description there{.source_port = 1, .destination_port = 2};
  const Description back{.source_port = 2, .destination_port = 1};
  EXPECT_NE(hash_of(there), hash_of(back));
}

TEST(FlowHash, OfAllFragmentsIsTheSame) {
  Description what{.kind = Gso::Udp, .fragment = 0x2000};
  const auto first = hash_of(what);
  what.fragment = 0x00b9;
  what.source_port = 7;  // what is in a later fragment's place for it
  what.identification++;
  EXPECT_EQ(hash_of(what), first);
  what.fragment = 0;
  EXPECT_NE(hash_of(what), first);
}

TEST(FlowHash, WithAnotherSeedIsAnother) {
  std::set<std::uint32_t> hashes;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) hashes.insert(hash_of({}, seed));
  EXPECT_GE(hashes.size(), 999U);
}

TEST(FlowHash, SpreadsFlowsOverQueues) {
  std::array<int, 64> queues{};
  for (std::uint16_t port = 0; port < 6400; ++port) {
    ++queues[hash_of({.source_port = port, .destination_port = 0}) % queues.size()];
  }
  // A hundred are to be expected in each, give or take ten.
  for (const int count : queues) {
    EXPECT_GT(count, 50);
    EXPECT_LT(count, 150);
  }
}

TEST(FlowHash, OfWhatIsNoPacketIsOneToo) {
  const auto nothing = flow_hash({}, kSeed);
  EXPECT_EQ(flow_hash(Octets{0x45}, kSeed), nothing);
  EXPECT_EQ(flow_hash(Octets(1500, 0xff), kSeed), nothing);
  EXPECT_NE(nothing, hash_of({}));
}

}  // namespace
}  // namespace tunnel::segments::test
