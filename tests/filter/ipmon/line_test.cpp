// Lines as ipmon(8) writes them.

#include "filter/ipmon/line.hpp"

#include "filter/ipmon/dump.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/ipmon/records.hpp"
#include "tunneld/base/bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::ipmon {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class Line : public InUtc {};

TEST_F(Line, OfTcpHasPortsFlagsAndLengths) {
  auto tcp = record("in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S mss=1460");
  tcp.keeps_state = tcp.keeps_frags = true;
  EXPECT_EQ(line_of(tcp),
            "13/04/2005 15:02:11.123456 tun0 @300:2 p 192.168.1.215,3936 -> 192.168.253.1,23 "
            "PR tcp len 20 44 -S K-S K-F IN");
}

TEST_F(Line, NamesFlagsInTheirOrder) {
  EXPECT_THAT(line_of(record("out on em0 tcp 10.0.0.1,1 10.0.0.2,2 SAFRPU")),
              HasSubstr(" -ARSFUP OUT"));
}

TEST_F(Line, OfUdpHasNoFlags) {
  auto udp = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53 len=33");
  udp.action = Record::Action::Blocked;
  EXPECT_THAT(line_of(udp), HasSubstr(" b 10.0.0.1,53 -> 10.0.0.2,53 PR udp len 20 61 IN"));
}

TEST_F(Line, OfIcmpNamesItsTypeAndCode) {
  EXPECT_THAT(line_of(record("in on em0 icmp 10.0.0.1 10.0.0.2 echo")),
              HasSubstr(" 10.0.0.1 -> 10.0.0.2 PR icmp len 20 28 icmp echo/0 IN"));
}

TEST_F(Line, OfAnIcmpErrorSaysWhatItIsAbout) {
  EXPECT_THAT(line_of(record("in on em0 icmp 10.0.0.9 10.0.0.1 unreach,3 for udp 10.0.0.1,5000 "
                             "10.0.0.2,53")),
              HasSubstr("icmp unreach/port for 10.0.0.1,5000 - 10.0.0.2,53 PR udp"));
}

TEST_F(Line, OfOtherProtocolsHasTheLengthInBrackets) {
  EXPECT_THAT(line_of(record("in on em0 47 10.0.0.1 10.0.0.2")),
              HasSubstr(" 10.0.0.1 -> 10.0.0.2 PR 47 len 20 (20) IN"));
}

TEST_F(Line, OfAFragmentSaysWhichPartItIs) {
  EXPECT_THAT(line_of(record("in on em0 udp 10.0.0.1,1 10.0.0.2,2 id=4711 off=1480 body=64")),
              HasSubstr(" 10.0.0.1 -> 10.0.0.2 PR udp len 20 (84) (frag 4711:64@1480) IN"));
}

TEST_F(Line, CountsIdenticalRecords) {
  auto twice = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53");
  twice.count = 2;
  EXPECT_THAT(line_of(twice), HasSubstr(".123456 2x em0 @300:2 p "));
}

TEST_F(Line, OfAShortPacketSaysSo) {
  auto cut = record("in on em0 icmp 10.0.0.1 10.0.0.2 timest body=10");
  cut.action = Record::Action::Blocked;
  EXPECT_THAT(line_of(cut), HasSubstr(" em0 @300:2 Sb 10.0.0.1 -> "));
}

TEST_F(Line, OfABodyIsFollowedByItsOctets) {
  auto with_body = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53 len=18");
  with_body.body = to_bytes("GET / HTTP/1.0\r\n\x80!");
  EXPECT_THAT(line_of(with_body),
              EndsWith(" IN\n"
                       "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 30 0d 0a        GET / HTTP/1.0..\n"
                       "80 21                                                  .!"));
}

TEST(Dump, IsToldFromOtherLines) {
  EXPECT_TRUE(is_dump("47 45 54 20 2f 20 48 54 54 50 2f 31 2e 30 0d 0a        GET / HTTP/1.0.."));
  EXPECT_TRUE(is_dump("80 21                                                  .!"));
  EXPECT_FALSE(is_dump("13/04/2005 15:02:11.123456 tun0 @300:2 p 10.0.0.1 -> 10.0.0.2 PR 47"));
  EXPECT_FALSE(is_dump(""));
}

/// The octets of a packet, of which a log keeps the first.
std::vector<std::uint8_t> octets_of(const std::string& text) {
  return std::get<packet::WrittenPacket>(packet::parse_packet_text(text)).octets;
}

TEST(Body, IsWhatIsBehindTheHeadersAndAtMost128Octets) {
  const auto udp = octets_of("in udp 10.0.0.1,53 10.0.0.2,53 len=300");
  const auto beginning = Bytes{udp}.first(248);
  const auto packet = packet::parse_beginning(beginning);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->size, 328U);
  const auto body = body_of(*packet, beginning);
  EXPECT_EQ(body.size(), 128U);
  EXPECT_EQ(body.data(), beginning.data() + 28);

  const auto tcp = octets_of("in tcp 10.0.0.1,1 10.0.0.2,2 A mss=1400 len=5");
  EXPECT_EQ(body_of(*packet::parse_beginning(tcp), tcp).size(), 5U);
  const auto nothing = octets_of("in tcp 10.0.0.1,1 10.0.0.2,2 S");
  EXPECT_EQ(body_of(*packet::parse_beginning(nothing), nothing).size(), 0U);
}

TEST(Beginning, OfAPacketSaysWhatTheWholeWould) {
  const auto octets = octets_of("in tcp 10.0.0.1,1024 10.0.0.2,80 A mss=1400 len=1000");
  const auto whole = std::get<packet::Packet>(packet::parse_packet(octets));
  const auto beginning = packet::parse_beginning(Bytes{octets}.first(128));
  ASSERT_TRUE(beginning);
  EXPECT_EQ(print(*beginning), print(whole));
  EXPECT_FALSE(beginning->is_short);
}

TEST(Beginning, OfATransportHeaderThatIsCutIsShort) {
  const auto octets = octets_of("in tcp 10.0.0.1,1024 10.0.0.2,80 S body=12 mf");
  ASSERT_FALSE(std::holds_alternative<packet::Packet>(packet::parse_packet(octets)));
  const auto beginning = packet::parse_beginning(octets);
  ASSERT_TRUE(beginning);
  EXPECT_TRUE(beginning->is_short);
  EXPECT_FALSE(packet::parse_beginning(Bytes{octets}.first(19)));
}

TEST(SeverityOfARecord, IsOfItsActionOrItsLevel) {
  auto some = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53");
  EXPECT_EQ(severity_of(some), Severity::Notice);
  EXPECT_EQ(facility_of(some), 16);
  some.action = Record::Action::Blocked;
  EXPECT_EQ(severity_of(some), Severity::Warn);
  some.action = Record::Action::Logged;
  EXPECT_EQ(severity_of(some), Severity::Info);
  some.packet.is_short = true;
  EXPECT_EQ(severity_of(some), Severity::Err);
  some.level = LogLevel{20, Severity::Debug};
  EXPECT_EQ(severity_of(some), Severity::Debug);
  EXPECT_EQ(facility_of(some), 20);
}

}  // namespace
}  // namespace tunnel::filter::ipmon
