#include "pppd-bridge/session/source_check.hpp"

#include "tests/session/packets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tunnel::session {
namespace {

using test::address;
using test::network;
using test::packet_from;

const auto kPeer = address("10.224.1.2");

Verdict from(const SourceCheck& check, std::string_view source) {
  return check.check(Family::Ipv4, packet_from(address(source), 40));
}

TEST(SourceCheck, AcceptsThePeersAddressAndTheSitesNetworks) {
  const std::vector networks{network("192.168.253.0/24"), network("172.16.1.0/24")};
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer}, networks};
  EXPECT_EQ(from(check, "10.224.1.2"), Verdict::Accept);
  EXPECT_EQ(from(check, "192.168.253.0"), Verdict::Accept);
  EXPECT_EQ(from(check, "192.168.253.255"), Verdict::Accept);
  EXPECT_EQ(from(check, "172.16.1.77"), Verdict::Accept);
}

TEST(SourceCheck, RefusesEverybodyElse) {
  const std::vector networks{network("192.168.253.0/24"), network("172.16.1.0/24")};
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer}, networks};
  for (const auto* source :
       {"10.224.1.1", "10.224.1.3", "192.168.252.255", "192.168.254.0", "172.16.0.255",
        "172.16.2.0", "127.0.0.1", "0.0.0.0", "255.255.255.255", "8.8.8.8"}) {
    EXPECT_EQ(from(check, source), Verdict::WrongSource) << source;
  }
}

TEST(SourceCheck, WithoutNetworksAcceptsThePeerOnly) {
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer}, {}};
  EXPECT_EQ(from(check, "10.224.1.2"), Verdict::Accept);
  EXPECT_EQ(from(check, "10.224.1.1"), Verdict::WrongSource);
}

TEST(SourceCheck, KnowsTheWholeInternet) {
  const std::vector networks{network("0.0.0.0/0")};
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer}, networks};
  EXPECT_EQ(from(check, "0.0.0.0"), Verdict::Accept);
  EXPECT_EQ(from(check, "255.255.255.255"), Verdict::Accept);
}

TEST(SourceCheck, TakesNoIpv6NetworkForAnIpv4One) {
  const std::vector networks{network("::/0"), network("2001:db8::/32")};
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer}, networks};
  EXPECT_EQ(from(check, "192.168.253.1"), Verdict::WrongSource);
}

// The ranges it makes of the networks, against the networks themselves.
TEST(SourceCheck, AgreesWithThePrefixesForRandomNetworksAndSources) {
  std::mt19937 random{2};
  for (int round = 0; round < 2000; ++round) {
    std::vector<Prefix> networks;
    for (auto count = random() % 12; count > 0; --count) {
      const auto length = static_cast<unsigned>(random() % 33);
      const auto mask = length == 0 ? 0U : ~0U << (32 - length);
      // Few different bits, so that many of them touch, overlap and repeat.
      const auto bits = static_cast<std::uint32_t>(random() & 0xf000000fU);
      networks.push_back(*Prefix::make(Ipv4Address{bits & mask}, length));
    }
    const Ipv4Address peer{static_cast<std::uint32_t>(random() & 0xf000000fU)};
    const SourceCheck check{PeerAddresses{.ipv4 = peer}, networks};
    for (int i = 0; i < 100; ++i) {
      const auto spread = i % 2 == 0 ? 0xffffffffU : 0xf000000fU;
      const Ipv4Address source{static_cast<std::uint32_t>(random()) & spread};
      const bool known =
          source == peer || std::any_of(networks.begin(), networks.end(),
                                        [&](const auto& each) { return each.contains(source); });
      ASSERT_EQ(check.check(Family::Ipv4, packet_from(source, 20)),
                known ? Verdict::Accept : Verdict::WrongSource)
          << source.str();
    }
  }
}

class SourceCheckHeader : public testing::Test {
 protected:
  Verdict check() const {
    return SourceCheck{PeerAddresses{.ipv4 = kPeer}, {}}.check(Family::Ipv4, packet);
  }

  std::vector<std::uint8_t> packet = packet_from(kPeer, 60);
};

TEST_F(SourceCheckHeader, CutIsMalformedAtEveryLength) {
  ASSERT_EQ(check(), Verdict::Accept);
  while (!packet.empty()) {
    packet.pop_back();
    EXPECT_EQ(check(), Verdict::Malformed) << packet.size();
  }
}

TEST_F(SourceCheckHeader, OfAnotherVersionIsMalformed) {
  for (unsigned version = 0; version < 16; ++version) {
    packet[0] = static_cast<std::uint8_t>(version << 4 | 5);
    EXPECT_EQ(check(), version == 4 ? Verdict::Accept : Verdict::Malformed) << version;
  }
}

TEST_F(SourceCheckHeader, ShorterThanAHeaderOrLongerThanThePacketIsMalformed) {
  packet.resize(40);
  packet[3] = 40;
  for (unsigned words = 0; words < 16; ++words) {
    packet[0] = static_cast<std::uint8_t>(4 << 4 | words);
    const bool fits = words >= 5 && words <= 10;
    EXPECT_EQ(check(), fits ? Verdict::Accept : Verdict::Malformed) << words;
  }
}

TEST_F(SourceCheckHeader, WithALengthThatDoesNotFitIsMalformed) {
  for (unsigned length = 0; length < 256; ++length) {
    packet[3] = static_cast<std::uint8_t>(length);
    const bool fits = length >= 20 && length <= 60;  // what lies behind it is padding
    EXPECT_EQ(check(), fits ? Verdict::Accept : Verdict::Malformed) << length;
  }
  packet[2] = 1;
  packet[3] = 0;
  EXPECT_EQ(check(), Verdict::Malformed);
}

}  // namespace
}  // namespace tunnel::session
