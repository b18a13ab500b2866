#include "pppd-bridge/session/source_check.hpp"
#include "tests/session/packets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tunnel::session {
namespace {

using test::address6;
using test::network;
using test::packet_from;

const PeerAddresses kPeer{.ipv4 = test::address("10.224.1.2"),
                          .ipv6 = address6("fd00:224::2"),
                          .link_local = address6("fe80::a:b")};

Verdict from(const SourceCheck& check, const Ipv6Address& source) {
  return check.check(Family::Ipv6, packet_from(source, 48));
}

Verdict from(const SourceCheck& check, std::string_view source) {
  return from(check, address6(source));
}

TEST(SourceCheckIpv6, AcceptsThePeersAddressesAndTheSitesNetworks) {
  const std::vector networks{network("2001:db8:44::/48"), network("192.168.253.0/24"),
                             network("fd01::7/128")};
  const SourceCheck check{kPeer, networks};
  for (const auto* source :
       {"fd00:224::2", "fe80::a:b", "2001:db8:44::", "2001:db8:44:ffff:ffff:ffff:ffff:ffff",
        "2001:db8:44:7::1", "fd01::7"}) {
    EXPECT_EQ(from(check, source), Verdict::Accept) << source;
  }
}

TEST(SourceCheckIpv6, RefusesEverybodyElse) {
  const std::vector networks{network("2001:db8:44::/48"), network("fd01::7/128")};
  const SourceCheck check{kPeer, networks};
  for (const auto* source :
       {"2001:db8:43:ffff:ffff:ffff:ffff:ffff", "2001:db8:45::", "fd01::6", "fd01::8",
        "fd00:224::1", "fd00:224::3", "fe80::a:c", "fe80::", "febf::a:b", "fe80::1:0:0:a:b",
        "::", "::1", "ff02::1", "::10.224.1.2", "::ffff:10.224.1.2", "2001:db8::1"}) {
    EXPECT_EQ(from(check, source), Verdict::WrongSource) << source;
  }
}

TEST(SourceCheckIpv6, RefusesAllWhereTheLinkCarriesIpv4Only) {
  const std::vector networks{network("192.168.253.0/24")};
  const SourceCheck check{PeerAddresses{.ipv4 = kPeer.ipv4}, networks};
  for (const auto* source : {"fe80::a:b", "fd00:224::2", "::", "fe80::"}) {
    EXPECT_EQ(from(check, source), Verdict::WrongSource) << source;
  }
}

TEST(SourceCheckIpv6, RefusesAllOfIpv4WhereTheLinkCarriesNone) {
  const std::vector networks{network("2001:db8:44::/48"), network("::/0")};
  const SourceCheck check{PeerAddresses{.ipv6 = kPeer.ipv6}, networks};
  for (const auto* source : {"10.224.1.2", "0.0.0.0", "255.255.255.255"}) {
    EXPECT_EQ(check.check(Family::Ipv4, packet_from(test::address(source), 40)),
              Verdict::WrongSource)
        << source;
  }
}

// "::/0" is no leave for what is nobody's.
TEST(SourceCheckIpv6, OfTheWholeInternetRefusesWhatNamesNoHost) {
  const std::vector networks{network("::/0")};
  const SourceCheck check{kPeer, networks};
  for (const auto* source :
       {"::", "::1", "::ffff:ffff", "::ffff:0.0.0.0", "::ffff:255.255.255.255",
        "fe80::", "fe80::a:a", "fe80::a:c", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "ff00::", "ff02::16", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_EQ(from(check, source), Verdict::WrongSource) << source;
  }
  // Their neighbours.
  for (const auto* source : {"::1:0:0", "::fffe:ffff:ffff", "::1:0:0:0", "64:ff9b::1",
                             "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fe80::a:b",
                             "fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    EXPECT_EQ(from(check, source), Verdict::Accept) << source;
  }
}

TEST(SourceCheckIpv6, FollowsTheIdentifierThatIsAgreed) {
  SourceCheck check{PeerAddresses{}, {}};
  EXPECT_EQ(from(check, "fe80::a:b"), Verdict::WrongSource);
  check.set_peer_link_local(kPeer.link_local);
  EXPECT_EQ(from(check, "fe80::a:b"), Verdict::Accept);
  check.set_peer_link_local(address6("fe80::a:c"));
  EXPECT_EQ(from(check, "fe80::a:b"), Verdict::WrongSource);
  EXPECT_EQ(from(check, "fe80::a:c"), Verdict::Accept);
  check.set_peer_link_local(std::nullopt);
  EXPECT_EQ(from(check, "fe80::a:c"), Verdict::WrongSource);
  EXPECT_EQ(from(check, "::"), Verdict::WrongSource);
}

// The first and the last address of a network of each length, and their neighbours.
TEST(SourceCheckIpv6, KnowsTheBoundsOfEveryLength) {
  const auto inside = address6("4a5a:a5a5:5aa5:a55a:5a5a:a5a5:5aa5:a55a");
  for (unsigned length = 0; length <= 128; ++length) {
    const auto first = *Prefix::containing(inside, length);
    const std::vector networks{first};
    const SourceCheck check{PeerAddresses{}, networks};
    EXPECT_EQ(from(check, inside), Verdict::Accept) << length;
    for (unsigned bit = 1; bit < 128; ++bit) {  // not bit 0, whose other value is multicast's
      auto source = inside;
      source.bytes[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> (bit % 8));
      EXPECT_EQ(from(check, source), bit < length ? Verdict::WrongSource : Verdict::Accept)
          << length << ' ' << bit;
    }
  }
}

// The ranges it makes of the networks, against the networks themselves.
TEST(SourceCheckIpv6, AgreesWithThePrefixesForRandomNetworksAndSources) {
  std::mt19937 random{2};
  // Few different bits, on both sides of the middle, so that many touch, overlap and repeat.
  const auto some_address = [&random] {
    auto address = address6("2001:db8::");
    address.bytes[7] = static_cast<std::uint8_t>(random() & 0x83U);
    address.bytes[8] = static_cast<std::uint8_t>(random() & 0xc1U);
    address.bytes[15] = static_cast<std::uint8_t>(random() & 0x07U);
    return address;
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<Prefix> networks;
    for (auto count = random() % 12; count > 0; --count) {
      const auto length = 56 + static_cast<unsigned>(random() % 73);
      networks.push_back(*Prefix::containing(some_address(), length));
    }
    const auto peer = some_address();
    const SourceCheck check{PeerAddresses{.ipv6 = peer}, networks};
    for (int i = 0; i < 100; ++i) {
      const auto source = some_address();
      const bool known =
          source == peer || std::any_of(networks.begin(), networks.end(),
                                        [&](const auto& each) { return each.contains(source); });
      ASSERT_EQ(from(check, source), known ? Verdict::Accept : Verdict::WrongSource)
          << source.str();
    }
  }
}

class SourceCheckIpv6Header : public testing::Test {
 protected:
  Verdict check(Family family = Family::Ipv6) const {
    return SourceCheck{kPeer, {}}.check(family, packet);
  }

  std::vector<std::uint8_t> packet = packet_from(*kPeer.ipv6, 60);
};

TEST_F(SourceCheckIpv6Header, CutIsMalformedAtEveryLength) {
  ASSERT_EQ(check(), Verdict::Accept);
  while (!packet.empty()) {
    packet.pop_back();
    EXPECT_EQ(check(), Verdict::Malformed) << packet.size();
  }
}

// A header alone, which says so, is whole; and not one octet less.
TEST_F(SourceCheckIpv6Header, MayBeAllThereIs) {
  packet = packet_from(*kPeer.ipv6, 40);
  EXPECT_EQ(check(), Verdict::Accept);
  while (!packet.empty()) {
    packet.pop_back();
    EXPECT_EQ(check(), Verdict::Malformed) << packet.size();
  }
}

TEST_F(SourceCheckIpv6Header, OfAnotherVersionIsMalformed) {
  for (unsigned version = 0; version < 16; ++version) {
    packet[0] = static_cast<std::uint8_t>(version << 4);
    EXPECT_EQ(check(), version == 6 ? Verdict::Accept : Verdict::Malformed) << version;
  }
}

TEST_F(SourceCheckIpv6Header, InAFrameOfTheOtherFamilyIsMalformed) {
  EXPECT_EQ(check(Family::Ipv4), Verdict::Malformed);
  packet = packet_from(*kPeer.ipv4, 60);
  EXPECT_EQ(check(Family::Ipv4), Verdict::Accept);
  EXPECT_EQ(check(Family::Ipv6), Verdict::Malformed);
}

TEST_F(SourceCheckIpv6Header, WithALengthThatDoesNotFitIsMalformed) {
  for (unsigned length = 0; length <= 0xffff; ++length) {
    packet[4] = static_cast<std::uint8_t>(length >> 8);
    packet[5] = static_cast<std::uint8_t>(length);
    const bool fits = length <= 20;  // what lies behind it is padding
    ASSERT_EQ(check(), fits ? Verdict::Accept : Verdict::Malformed) << length;
  }
}

// RFC 2675 §2: the length is in a hop-by-hop option, and the one in the header is 0.
TEST_F(SourceCheckIpv6Header, OfAJumbogramIsMalformed) {
  packet[4] = 0;
  packet[5] = 0;
  for (unsigned next_header = 0; next_header < 256; ++next_header) {
    packet[6] = static_cast<std::uint8_t>(next_header);
    EXPECT_EQ(check(), next_header == 0 ? Verdict::Malformed : Verdict::Accept) << next_header;
  }
  packet[5] = 20;
  packet[6] = 0;  // hop-by-hop options as such: MLD has them
  EXPECT_EQ(check(), Verdict::Accept);
}

}  // namespace
}  // namespace tunnel::session
