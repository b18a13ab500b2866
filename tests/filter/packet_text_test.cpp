// Packets as octets and as text.

#include "filter/packet/packet_text.hpp"

#include "filter/packet/checksum.hpp"
#include "filter/packet/packet_parser.hpp"
#include "tests/filter/policy_fixture.hpp"
#include "tests/filter/random_rules.hpp"
#include "tunneld/base/hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using packet::Packet;
using packet::parse_packet;
using packet::parse_packet_text;
using packet::TextMistake;
using packet::WrittenPacket;
using testing::HasSubstr;

std::vector<std::uint8_t> octets_of(const std::string& text) {
  const auto written = parse_packet_text(text);
  return std::get<WrittenPacket>(written).octets;
}

struct Form {
  const char* written;
  const char* printed;
};

class PacketForms : public testing::TestWithParam<Form> {};

TEST_P(PacketForms, HaveACanonicalFormThatIsTheSamePacket) {
  EXPECT_EQ(print(packet_of(GetParam().written)), GetParam().printed);
  EXPECT_EQ(print(packet_of(GetParam().printed)), GetParam().printed);
}

constexpr Form kForms[]{
    {"in 10.0.0.1 10.0.0.2", "in 0 10.0.0.1 10.0.0.2"},
    {"out on em0 47 10.0.0.1 10.0.0.2", "out on em0 47 10.0.0.1 10.0.0.2"},
    {"in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S", "in on em0 tcp 10.0.0.1,1024 10.0.0.2,80 S"},
    {"in tcp 10.0.0.1,1024 10.0.0.2,80 AS", "in tcp 10.0.0.1,1024 10.0.0.2,80 SA"},
    {"in tcp 10.0.0.1,1 10.0.0.2,80", "in tcp 10.0.0.1,1 10.0.0.2,80"},
    {"in tcp 10.0.0.1,1 10.0.0.2,80 UA", "in tcp 10.0.0.1,1 10.0.0.2,80 AU"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 A len=9 win=5 ack=0x10 seq=7",
     "in tcp 1.1.1.1,1 2.2.2.2,2 A seq=7 ack=16 win=5 len=9"},
    {"in udp 10.0.0.1,1 10.0.0.2,53 # a remark", "in udp 10.0.0.1,1 10.0.0.2,53"},
    {"in icmp 1.1.1.1 2.2.2.2", "in icmp 1.1.1.1 2.2.2.2 echorep"},
    {"in icmp 1.1.1.1 2.2.2.2 8 query=3", "in icmp 1.1.1.1 2.2.2.2 echo query=3"},
    {"in icmp 1.1.1.1 2.2.2.2 unreach,3 for tcp 2.2.2.2,1 3.3.3.3,3",
     "in icmp 1.1.1.1 2.2.2.2 unreach,3 for tcp 2.2.2.2,1 3.3.3.3,3"},
    {"in icmp 1.1.1.1 2.2.2.2 unreach", "in icmp 1.1.1.1 2.2.2.2 unreach for 59 2.2.2.2 1.1.1.1"},
    {"in icmp 1.1.1.1 2.2.2.2 unreach for udp 9.9.9.9,1 3.3.3.3,3",
     "in icmp 1.1.1.1 2.2.2.2 unreach for udp 9.9.9.9,1 3.3.3.3,3"},
    {"in icmp 1.1.1.1 2.2.2.2 unreach body=20", "in icmp 1.1.1.1 2.2.2.2 unreach body=8"},
    {"in icmp 1.1.1.1 2.2.2.2 timest body=15", "in icmp 1.1.1.1 2.2.2.2 timest body=15"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 opt 99,rr,131,1", "in udp 1.1.1.1,1 2.2.2.2,2 opt 99,rr,lsrr,nop"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 opt lsrr,nop,ts", "in udp 1.1.1.1,1 2.2.2.2,2 opt lsrr,nop,ts"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 tos=3 ttl=2 id=1 mf",
     "in udp 1.1.1.1,1 2.2.2.2,2 mf id=1 ttl=2 tos=3"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 off=16 id=1 body=8", "in udp 1.1.1.1,0 2.2.2.2,0 id=1 off=16"},
    {"in6 on tun0 udp 2001:db8::1,1 ::2,2", "in6 on tun0 udp 2001:db8::1,1 ::2,2"},
    {"out6 ::1 ::2", "out6 59 ::1 ::2"},
    {"in6 icmpv6 ::1 ::2 echo query=4", "in6 ipv6-icmp ::1 ::2 echo query=4"},
    {"in6 tcp ::1,1 ::2,2 S mf id=70000", "in6 tcp ::1,1 ::2,2 S mf id=70000"},
};

INSTANTIATE_TEST_SUITE_P(Text, PacketForms, testing::ValuesIn(kForms));

struct Wrong {
  const char* line;
  std::size_t column;
  const char* message;
};

class WrongPackets : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPackets, AreAnsweredWithTheirColumn) {
  const auto result = parse_packet_text(GetParam().line);
  const auto* mistake = std::get_if<TextMistake>(&result);
  ASSERT_NE(mistake, nullptr);
  EXPECT_EQ(mistake->column, GetParam().column);
  EXPECT_THAT(mistake->message, HasSubstr(GetParam().message));
}

constexpr Wrong kWrong[]{
    {"", 1, "goes in or out, and not the end of the line"},
    {"sideways udp 1.1.1.1,1 2.2.2.2,2", 1, "goes in or out, and not \"sideways\""},
    {"in on this_is_too_long_a_name udp 1.1.1.1,1 2.2.2.2,2", 7, "not the name of an interface"},
    {"in foo 1.1.1.1 2.2.2.2", 4, "\"foo\" is not a protocol"},
    {"in tcp 1.1.1.1 2.2.2.2,2", 8, "TCP and UDP have ports"},
    {"in tcp 1.1.1.1,99999 2.2.2.2,2", 8, "not a number from 0 to 65535"},
    {"in tcp 1.1.1,1 2.2.2.2,2", 8, "is not an address"},
    {"in 47 1.1.1.1,1 2.2.2.2", 7, "only TCP and UDP have ports"},
    {"in udp 1.1.1.1,1", 17, "the end of the line is not an address"},
    {"in udp ::1,1 ::2,2", 8, "of the other family"},
    {"in6 udp 1.1.1.1,1 ::2,2", 9, "of the other family"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 Q", 28, "\"Q\" is not expected here"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 S opt", 33, "wants the names of options"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 S opt nope", 34, "\"nope\" is not an IP option"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 S opt rr,rr,rr,rr,rr,rr", 34, "more than the 40 octets"},
    {"in tcp 1.1.1.1,1 2.2.2.2,2 S opt 0", 34, "\"0\" is not an IP option"},
    {"in6 udp ::1,1 ::2,2 opt rr", 25, "IPv6 has no options"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 off=7", 28, "multiples of 8"},
    {"in udp 1.1.1.1,1 2.2.2.2,2 speed=7", 28, "there is no \"speed\""},
    {"in udp 1.1.1.1,1 2.2.2.2,2 ttl=256", 28, "not a number from 0 to 255"},
};

INSTANTIATE_TEST_SUITE_P(Text, WrongPackets, testing::ValuesIn(kWrong));

TEST(PacketText, MakesOctetsWithEveryChecksumRight) {
  const auto octets = octets_of("in udp 192.168.0.31,20 192.168.0.30,10 len=2 opt rr");
  EXPECT_EQ(packet::folded(packet::add_to_sum(0, Bytes{octets}.first(28))), 0);
  // RFC 768: over a pseudo-header of both addresses, the protocol and the length as well.
  const auto pseudo = *from_hex("c0a8001fc0a8001e0011000a");
  EXPECT_EQ(
      packet::folded(packet::add_to_sum(packet::add_to_sum(0, pseudo), Bytes{octets}.subspan(28))),
      0);
}

TEST(PacketText, IsAPacketOfTheWire) {
  // An echo request as ping sends it, without its data.
  EXPECT_EQ(to_hex(octets_of("out icmp 192.168.1.1 192.168.1.2 echo query=0x1234 id=1")),
            "4500001c000100004001f78cc0a80101c0a801020800e5cb12340000");
}

TEST(PacketText, OfRandomPacketsLosesNothing) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Chance chance{seed};
    const auto text = print(packet_of(random_packet(chance, World{})));
    ASSERT_EQ(print(packet_of(text)), text);
  }
}

TEST(PacketText, CutAnywhereIsReadWithoutHarm) {
  const std::string text =
      "in on em0 icmp 1.1.1.1 2.2.2.2 unreach,3 opt lsrr,ts tos=3 ttl=2 for tcp 2.2.2.2,1 "
      "3.3.3.3,3";
  for (std::size_t size = 0; size <= text.size(); ++size) parse_packet_text(text.substr(0, size));
}

TEST(Octets, CutAnywhereAreNoPacket) {
  for (const auto* text : {"in tcp 1.1.1.1,1 2.2.2.2,2 S mss=5 opt rr", "in6 udp ::1,1 ::2,2 mf",
                           "in icmp 1.1.1.1 2.2.2.2 unreach for udp 2.2.2.2,1 3.3.3.3,3"}) {
    const auto octets = octets_of(text);
    ASSERT_TRUE(std::holds_alternative<Packet>(parse_packet(octets)));
    for (std::size_t size = 0; size < octets.size(); ++size) {
      EXPECT_TRUE(
          std::holds_alternative<packet::NotAPacket>(parse_packet(Bytes{octets}.first(size))))
          << text << ' ' << size;
    }
  }
}

TEST(Octets, BehindThePacketArePadding) {
  auto octets = octets_of("in udp 1.1.1.1,1 2.2.2.2,2");
  octets.resize(60);
  EXPECT_EQ(std::get<Packet>(parse_packet(octets)).size, 28U);
}

TEST(Octets, OfExtensionHeadersLeadToTheTransport) {
  auto octets = octets_of("in6 udp ::1,7 ::2,9");
  // Hop-by-hop, then destination options: both of eight octets.
  octets[6] = 0;
  octets[5] = 24;
  const auto extensions = *from_hex("3c000104000000001100010400000000");
  octets.insert(octets.begin() + 40, extensions.begin(), extensions.end());
  const auto parsed = std::get<Packet>(parse_packet(octets));
  EXPECT_EQ(parsed.protocol, 17);
  EXPECT_EQ(parsed.ends.destination_port, 9);
  EXPECT_EQ(parsed.header_size, 56U);
}

TEST(Octets, ThatContradictThemselvesAreNoPacket) {
  auto octets = octets_of("in udp 1.1.1.1,1 2.2.2.2,2");
  for (const auto first : std::vector<std::uint8_t>{0x35, 0x44, 0x4f, 0x65, 0x00}) {
    octets[0] = first;
    EXPECT_TRUE(std::holds_alternative<packet::NotAPacket>(parse_packet(octets))) << int{first};
  }
}

}  // namespace
}  // namespace tunnel::filter::test
