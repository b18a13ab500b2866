// Lines as ipmon(8) writes them.

#include "filter/ipmon/line.hpp"

#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace tunnel::filter::ipmon {
namespace {

using testing::HasSubstr;

/// In UTC, 13 April 2005, 15:02:11.123456.
class Line : public testing::Test {
 protected:
  Line() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  static Record record(const std::string& text) {
    const auto written = std::get<packet::WrittenPacket>(packet::parse_packet_text(text));
    Record out;
    out.packet = std::get<packet::Packet>(packet::parse_packet(written.octets));
    out.packet.direction = written.direction;
    out.packet.interface = written.interface;
    out.time = std::chrono::system_clock::time_point{std::chrono::seconds{1113404531} +
                                                     std::chrono::microseconds{123456}};
    out.action = Record::Action::Passed;
    out.rule = {"300", 2};
    return out;
  }
};

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
  EXPECT_THAT(line_of(record("in on em0 udp 10.0.0.1 10.0.0.2 id=4711 off=1480 body=64")),
              HasSubstr(" 10.0.0.1 -> 10.0.0.2 PR udp len 20 (84) (frag 4711:64@1480) IN"));
}

TEST_F(Line, CountsIdenticalRecords) {
  auto twice = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53");
  twice.count = 2;
  EXPECT_THAT(line_of(twice), HasSubstr(".123456 2x em0 @300:2 p "));
}

TEST_F(Line, RecordsOfTheSameAreOneAtAnyTime) {
  const auto first = record("in on em0 udp 10.0.0.1,53 10.0.0.2,53");
  auto later = first;
  later.time += std::chrono::seconds{1};
  EXPECT_TRUE(same(first, later));
  EXPECT_FALSE(same(first, record("in on em0 udp 10.0.0.1,54 10.0.0.2,53")));
}

}  // namespace
}  // namespace tunnel::filter::ipmon
