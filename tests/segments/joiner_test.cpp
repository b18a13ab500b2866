#include "pppd-bridge/segments/joiner.hpp"

#include "pppd-bridge/segments/checksum.hpp"
#include "tests/segments/far.hpp"
#include "tests/segments/packets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace tunnel::segments::test {
namespace {

using testing::ElementsAre;

Far join(const std::vector<Octets>& packets, JoinUdp udp = JoinUdp::Yes) {
  Joiner joiner{udp};
  Far far;
  for (const auto& packet : packets) joiner.add(packet, far);
  joiner.flush(far);
  joiner.release();
  return far;
}

/// How many segments each packet that comes out has.
std::vector<std::size_t> sizes(const std::vector<Octets>& packets, JoinUdp udp = JoinUdp::Yes) {
  const auto far = join(packets, udp);
  EXPECT_EQ(far.packets, packets);
  std::vector<std::size_t> found;
  for (const auto& each : far.delivered) {
    found.push_back(inspect(each.packet, each.offload, 65575)->segments);
  }
  return found;
}

/// Five segments of 100 octets, and what is done to the third one's description.
std::vector<Octets> with_third(Gso kind, const std::function<void(Description&)>& change) {
  auto pieces = pieces_of({.kind = kind, .payload = Octets(500, 7)}, 100);
  change(pieces[2]);
  std::vector<Octets> packets;
  for (const auto& piece : pieces) packets.push_back(build(piece));
  return packets;
}

TEST(Joiner, MakesTheSuperPacketThatWasCut) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    for (const int size : {500, 420, 101}) {
      const Description what{.kind = kind, .payload = Octets(static_cast<std::size_t>(size), 7)};
      const auto far = join(cut(what, 100));
      EXPECT_THAT(far.delivered,
                  ElementsAre(Delivered{build_partial(what), offload_of(what, kind, 100)}));
    }
  }
}

TEST(Joiner, KeepsCwrOfTheFirstAndFinAndPushOfTheLast) {
  const Description what{.flags = tcp::kAck | tcp::kEce | tcp::kCwr | tcp::kPsh | tcp::kFin,
                         .payload = Octets(500, 7)};
  const auto far = join(cut(what, 100));
  EXPECT_THAT(far.delivered,
              ElementsAre(Delivered{build_partial(what), offload_of(what, Gso::Tcp4, 100)}));
}

TEST(Joiner, LeavesAPacketOnItsOwnAsItIs) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    const auto packet = build({.kind = kind, .payload = Octets(100, 7)});
    EXPECT_THAT(join({packet}).delivered, ElementsAre(Delivered{packet, Offload{}}));
  }
}

TEST(Joiner, HoldsNothingBeyondAFlush) {
  const auto packets = cut({.payload = Octets(400, 7)}, 100);
  Joiner joiner{JoinUdp::No};
  Far far;
  for (const auto& packet : packets) {
    joiner.add(packet, far);
    joiner.flush(far);
  }
  EXPECT_EQ(far.delivered.size(), packets.size());
  EXPECT_EQ(joiner.counters().super_packets, 0U);
}

TEST(Joiner, CountsWhatItJoins) {
  const auto packets = cut({.payload = Octets(700, 7)}, 100);
  Joiner joiner{JoinUdp::No};
  Far far;
  for (const auto& packet : packets) joiner.add(packet, far);
  joiner.flush(far);
  joiner.add(packets[0], far);
  joiner.flush(far);
  EXPECT_EQ(joiner.counters().super_packets, 1U);
  EXPECT_EQ(joiner.counters().segments, 7U);
}

TEST(Joiner, JoinsDatagramsOnlyWhereTheKernelTakesThem) {
  const auto packets = cut({.kind = Gso::Udp, .payload = Octets(300, 7)}, 100);
  EXPECT_THAT(sizes(packets, JoinUdp::Yes), ElementsAre(3));
  EXPECT_THAT(sizes(packets, JoinUdp::No), ElementsAre(1, 1, 1));
}

TEST(Joiner, EndsWithPushAndWithASmallerSegment) {
  const auto pushed = with_third(Gso::Tcp6, [](auto& what) { what.flags |= tcp::kPsh; });
  EXPECT_THAT(sizes(pushed), ElementsAre(3, 2));
  const auto finished = with_third(Gso::Tcp4, [](auto& what) { what.flags |= tcp::kFin; });
  EXPECT_THAT(sizes(finished), ElementsAre(3, 2));
  const auto smaller = with_third(Gso::Udp, [](auto& what) { what.payload.pop_back(); });
  EXPECT_THAT(sizes(smaller), ElementsAre(3, 2));
}

TEST(Joiner, BeginsAgainWithALargerSegment) {
  const auto larger = with_third(Gso::Udp, [](auto& what) { what.payload.push_back(1); });
  EXPECT_THAT(sizes(larger), ElementsAre(2, 2, 1));  // the fourth is smaller than the third
}

TEST(Joiner, BeginsAgainWhereHeadersDiffer) {
  using Change = std::function<void(Description&)>;
  const std::vector<Change> any{
      [](auto& what) { what.tos ^= 1; },     // ECN
      [](auto& what) { what.tos ^= 0x20; },  // DSCP
      [](auto& what) { what.ttl--; },
  };
  const std::vector<Change> tcp{
      [](auto& what) { what.acknowledgment++; },
      [](auto& what) { what.window++; },
      [](auto& what) { what.urgent = 1; },
      [](auto& what) { what.sequence++; },
      [](auto& what) { what.flags |= tcp::kEce; },
      [](auto& what) { what.tcp_options[5]++; },  // a timestamp
      [](auto& what) { what.tcp_options.resize(8); },
  };
  const std::vector<Change> ipv4{
      [](auto& what) { what.identification++; }, [](auto& what) { what.identification = 0; },
      [](auto& what) { what.fragment = 0; },
      [](auto& what) { what.fragment = 0xc000; },  // the reserved bit
  };
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    auto changes = any;
    if (kind != Gso::Udp) changes.insert(changes.end(), tcp.begin(), tcp.end());
    if (kind != Gso::Tcp6) changes.insert(changes.end(), ipv4.begin(), ipv4.end());
    for (std::size_t i = 0; i < changes.size(); ++i) {
      EXPECT_THAT(sizes(with_third(kind, changes[i])), ElementsAre(2, 1, 2)) << i;
    }
  }
  EXPECT_THAT(sizes(with_third(Gso::Tcp6, [](auto& what) { what.flow_label++; })),
              ElementsAre(2, 1, 2));
}

TEST(Joiner, BeginsAgainWithCwr) {
  EXPECT_THAT(sizes(with_third(Gso::Tcp4, [](auto& what) { what.flags |= tcp::kCwr; })),
              ElementsAre(2, 3));
}

TEST(Joiner, LeavesSegmentsOfAnotherKindAlone) {
  for (const int flag : {tcp::kSyn, tcp::kRst, tcp::kUrg}) {
    EXPECT_THAT(
        sizes(with_third(Gso::Tcp4,
                         [flag](auto& what) { what.flags |= static_cast<std::uint8_t>(flag); })),
        ElementsAre(2, 1, 2));
  }
  EXPECT_THAT(sizes(with_third(Gso::Tcp6, [](auto& what) { what.flags = 0; })),
              ElementsAre(2, 1, 2));
  EXPECT_THAT(sizes(with_third(Gso::Tcp6, [](auto& what) { what.payload.clear(); })),
              ElementsAre(2, 1, 2));
  EXPECT_THAT(sizes(with_third(Gso::Tcp4,
                               [](auto& what) {
                                 what.network_options = {1, 1, 1, 0};
                               })),
              ElementsAre(2, 1, 2));
  EXPECT_THAT(sizes(with_third(Gso::Tcp6,
                               [](auto& what) {
                                 what.first_extension = 60;
                                 what.network_options = {6, 0, 1, 4, 0, 0, 0, 0};
                               })),
              ElementsAre(2, 1, 2));
}

TEST(Joiner, LeavesADamagedPacketAsItIs) {
  for (const auto kind : {Gso::Tcp4, Gso::Tcp6, Gso::Udp}) {
    const auto good = cut({.kind = kind, .payload = Octets(500, 7)}, 100);
    for (std::size_t at = 1; at < good[2].size(); ++at) {
      for (const int bits : {1, 0x80, 0xff}) {
        auto packets = good;
        packets[2][at] ^= static_cast<std::uint8_t>(bits);
        const auto far = join(packets);
        ASSERT_THAT(far.packets, testing::UnorderedElementsAreArray(packets)) << at;
        ASSERT_GT(far.delivered.size(), 1U);
      }
    }
  }
}

// Both are right, but of the two only one would be written again.
TEST(Joiner, LeavesAZeroChecksumThatIsWrittenAsOnesAlone) {
  auto pieces = pieces_of({.payload = Octets(300, 7)}, 100);
  auto& payload = pieces[1].payload;
  payload[98] = payload[99] = 0;
  const auto other = build(pieces[1]);
  payload[98] = other[36];
  payload[99] = other[37];
  std::vector<Octets> packets;
  for (const auto& piece : pieces) packets.push_back(build(piece));
  ASSERT_EQ(packets[1][36], 0);
  ASSERT_EQ(packets[1][37], 0);
  EXPECT_THAT(sizes(packets), ElementsAre(3));
  packets[1][36] = packets[1][37] = 0xff;
  EXPECT_THAT(sizes(packets), ElementsAre(1, 1, 1));
}

TEST(Joiner, LeavesAnIpv4ChecksumThatIsWrittenAsOnesAlone) {
  Description what{.identification = 0, .fragment = 0, .payload = Octets(300, 7)};
  auto piece = pieces_of(what, 100)[1];
  piece.identification = 0;
  const auto other = build(piece);
  what.identification = static_cast<std::uint16_t>((other[10] << 8 | other[11]) - 1);
  auto packets = cut(what, 100);
  ASSERT_EQ(packets[1][10], 0);
  ASSERT_EQ(packets[1][11], 0);
  EXPECT_THAT(sizes(packets), ElementsAre(3));
  packets[1][10] = packets[1][11] = 0xff;
  EXPECT_THAT(sizes(packets), ElementsAre(1, 1, 1));
}

TEST(Joiner, LeavesDatagramsWithoutChecksumAlone) {
  auto pieces = pieces_of({.kind = Gso::Udp, .payload = Octets(300, 7)}, 100);
  auto& payload = pieces[1].payload;
  payload[98] = payload[99] = 0;
  const auto other = build(pieces[1]);
  payload[98] = other[26];
  payload[99] = other[27];
  std::vector<Octets> packets;
  for (const auto& piece : pieces) packets.push_back(build(piece));
  ASSERT_EQ(packets[1][26], 0xff);  // what zero is written as
  ASSERT_EQ(packets[1][27], 0xff);
  EXPECT_THAT(sizes(packets), ElementsAre(3));
  packets[1][26] = packets[1][27] = 0;
  EXPECT_THAT(sizes(packets), ElementsAre(1, 1, 1));
}

TEST(Joiner, LeavesDatagramsWhoseLengthLiesAlone) {
  auto packets = cut({.kind = Gso::Udp, .payload = Octets(300, 7)}, 100);
  auto& packet = packets[1];
  --packet[25];
  // The length is of the header; that of the pseudo-header is the packet's.
  const auto before = static_cast<std::uint16_t>(packet[26] << 8 | packet[27]);
  const auto after = updated_checksum(before, 108, 107);
  packet[26] = static_cast<std::uint8_t>(after >> 8);
  packet[27] = static_cast<std::uint8_t>(after);
  EXPECT_THAT(sizes(packets), ElementsAre(1, 1, 1));
}

TEST(Joiner, JoinsAroundTheEndOfSequenceNumbersAndIdentifications) {
  const auto packets = cut(
      {.identification = 0xfffe, .fragment = 0, .sequence = 0xffff'ff80, .payload = Octets(500, 7)},
      100);
  EXPECT_THAT(sizes(packets), ElementsAre(5));
}

// RFC 6864 §4.1: such a packet's identification means nothing, and some hosts have it zero.
TEST(Joiner, JoinsPacketsThatAllHaveNoIdentification) {
  const auto packets = cut({.identification = 0, .payload = Octets(500, 7)}, 100);
  EXPECT_THAT(sizes(packets), ElementsAre(5));
  auto pieces = pieces_of({.identification = 0xffff, .payload = Octets(300, 7)}, 100);
  EXPECT_THAT(sizes({build(pieces[0]), build(pieces[1]), build(pieces[2])}), ElementsAre(3));
  // Zero by counting, with others behind it, would come out as zeros.
  EXPECT_THAT(sizes({build(pieces[1]), build(pieces[2])}), ElementsAre(1, 1));
}

TEST(Joiner, StaysWithinItsBounds) {
  const Description most{.tcp_options = {}, .payload = Octets(70000 / 1460 * 1460, 7)};
  EXPECT_THAT(sizes(cut(most, 1460)), ElementsAre(44, 3));  // 64,280 octets, and another 1460 are
                                                            // too many
  const Description many{.payload = Octets(200, 7)};
  EXPECT_THAT(sizes(cut(many, 1)), ElementsAre(64, 64, 64, 8));
}

TEST(Joiner, LeavesTheLargestPacketThatIpv6HasAlone) {
  Description what{.kind = Gso::Tcp6};
  what.payload.resize(65535 - what.transport_size());
  EXPECT_THAT(sizes({build(what), build(what)}), ElementsAre(1, 1));
}

TEST(Joiner, JoinsSeveralFlowsAtOnce) {
  std::vector<std::vector<Octets>> flows;
  for (std::uint16_t port = 0; port < Joiner::kFlows; ++port) {
    flows.push_back(cut({.source_port = port, .payload = Octets(400, 7)}, 100));
  }
  std::vector<Octets> packets;
  for (std::size_t i = 0; i < 4; ++i) {
    for (const auto& flow : flows) packets.push_back(flow[i]);
  }
  const auto far = join(packets);
  ASSERT_EQ(far.delivered.size(), Joiner::kFlows);
  for (std::size_t i = 0; i < flows.size(); ++i) {  // the longest held first
    EXPECT_TRUE(std::equal(flows[i].begin(), flows[i].end(),
                           far.packets.begin() + static_cast<std::ptrdiff_t>(4 * i)));
  }
}

TEST(Joiner, KeepsTheDirectionsOfAConnectionApart) {
  for (const auto family : {Family::Ipv4, Family::Ipv6}) {
    const Description there{.kind = Gso::Udp,
                            .udp_family = family,
                            .source_port = 7,
                            .destination_port = 8,
                            .payload = Octets(400, 7)};
    auto back = there;
    std::swap(back.source_port, back.destination_port);
    const auto one = cut(there, 100);
    const auto other = cut(back, 100);
    std::vector<Octets> packets;
    for (std::size_t i = 0; i < one.size(); ++i) {
      packets.push_back(one[i]);
      packets.push_back(other[i]);
    }
    EXPECT_THAT(join(packets).delivered,
                ElementsAre(Delivered{build_partial(there), offload_of(there, Gso::Udp, 100)},
                            Delivered{build_partial(back), offload_of(back, Gso::Udp, 100)}));
  }
}

TEST(Joiner, SendsTheFlowThatIsLeastUsedOnWhenThereAreTooMany) {
  std::vector<Octets> packets;
  const auto piece = [](std::uint16_t port, std::size_t index) {
    return cut({.source_port = port, .payload = Octets(400, 7)}, 100)[index];
  };
  for (std::uint16_t port = 0; port < Joiner::kFlows; ++port) packets.push_back(piece(port, 0));
  packets.push_back(piece(0, 1));
  packets.push_back(piece(100, 0));  // makes that of port 1 go
  packets.push_back(piece(0, 2));
  const auto far = join(packets);
  ASSERT_EQ(far.delivered.size(), Joiner::kFlows + 1);
  EXPECT_EQ(far.delivered[0].packet, piece(1, 0));
  EXPECT_EQ(far.delivered[1].offload.gso, Gso::Tcp4);
}

TEST(Joiner, SendsAllOnBeforeAPacketThatMayBeOfAnyFlow) {
  const auto held = cut({.payload = Octets(200, 7)}, 100);
  const Octets unreadable(40, 0xff);
  const auto first = build({.fragment = 0x2000, .source_port = 7, .payload = Octets(100, 7)});
  const auto later = build({.fragment = 0x00b9, .source_port = 7, .payload = Octets(100, 7)});
  const auto later6 = build({.kind = Gso::Tcp6,
                             .network_options = Octets{60, 0, 0, 9, 0, 0, 0, 0},
                             .first_extension = 44,
                             .payload = Octets(100, 7)});
  for (const auto& other : {unreadable, first, later, later6}) {
    const auto far = join({held[0], other, held[1]});
    EXPECT_THAT(far.packets, ElementsAre(held[0], other, held[1]));
  }
  auto icmp = build({.payload = Octets(100, 7)});
  icmp[9] = 1;
  EXPECT_THAT(join({held[0], icmp, held[1]}).packets, ElementsAre(icmp, held[0], held[1]));
}

TEST(Joiner, HasNoMemoryOnceReleasedAndWorksOn) {
  const auto packets = cut({.payload = Octets(300, 7)}, 100);
  Joiner joiner{JoinUdp::No};
  for (int round = 0; round < 3; ++round) {
    Far far;
    for (const auto& packet : packets) joiner.add(packet, far);
    joiner.flush(far);
    joiner.release();
    EXPECT_EQ(far.delivered.size(), 1U);
  }
}

}  // namespace
}  // namespace tunnel::segments::test
