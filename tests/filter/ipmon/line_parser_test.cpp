// What has been written is read again.

#include "filter/ipmon/line_parser.hpp"

#include "filter/ipmon/session_lines.hpp"
#include "tests/filter/ipmon/records.hpp"

#include <gtest/gtest.h>

namespace tunnel::filter::ipmon {
namespace {

class ReadLine : public InUtc {};

Fields::End end(const char* host, std::optional<std::uint16_t> port = {}) {
  return {*HostAddress::parse(host), port};
}

TEST_F(ReadLine, OfAPacketTellsAllOfIt) {
  auto written = record("in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S mss=1460");
  written.keeps_state = written.keeps_frags = true;
  written.count = 3;
  const auto read = parse_line(line_of(written));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Fields::Kind::Packet);
  EXPECT_EQ(read->time, kThen);
  EXPECT_EQ(read->count, 3U);
  EXPECT_EQ(read->interface, "tun0");
  EXPECT_EQ(read->rule, "@300:2");
  EXPECT_EQ(read->action, Record::Action::Passed);
  EXPECT_EQ(read->source, end("192.168.1.215", 3936));
  EXPECT_EQ(read->destination, end("192.168.253.1", 23));
  EXPECT_EQ(read->protocol, "tcp");
  EXPECT_EQ(read->header_size, 20U);
  EXPECT_EQ(read->size, 44U);
  EXPECT_EQ(read->tcp_flags, "S");
  EXPECT_TRUE(read->keeps_state);
  EXPECT_TRUE(read->keeps_frags);
  EXPECT_EQ(read->direction, Direction::In);
}

TEST_F(ReadLine, OfAnIcmpErrorHasTheEndsOfTheError) {
  auto written =
      record("out on em0 icmp 10.0.0.9 10.0.0.1 unreach,3 for udp 10.0.0.1,5000 10.0.0.2,53");
  written.action = Record::Action::Blocked;
  written.packet.is_short = true;
  const auto read = parse_line(line_of(written));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->source, end("10.0.0.9"));
  EXPECT_EQ(read->icmp, "unreach/port");
  EXPECT_TRUE(read->is_short);
  EXPECT_EQ(read->action, Record::Action::Blocked);
  EXPECT_EQ(read->direction, Direction::Out);
}

TEST_F(ReadLine, OfAFragmentHasItsSizeWithoutTheBrackets) {
  const auto read =
      parse_line(line_of(record("in on em0 udp 10.0.0.1,1 10.0.0.2,2 id=4711 off=1480 body=64")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->size, 84U);
  EXPECT_FALSE(read->source.port);
}

TEST_F(ReadLine, OfIpv6HasItsAddresses) {
  const auto read = parse_line(line_of(record("in6 on em0 udp 2001:db8::1,1 2001:db8::2,2")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->destination, end("2001:db8::2", 2));
}

TEST_F(ReadLine, OfATranslationHasAllThreeEnds) {
  const auto read = parse_line(
      "13/04/2005 15:02:11.123456 @2 NAT:EXPIRE-MAP 192.168.1.215,3936 <- -> 192.168.253.4,40001 "
      "[192.168.253.1,23] tcp Pkts 12/10 Bytes 840/4711");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Fields::Kind::Translation);
  EXPECT_EQ(read->rule, "@2");
  EXPECT_EQ(read->event, "EXPIRE-MAP");
  EXPECT_EQ(read->source, end("192.168.1.215", 3936));
  EXPECT_EQ(read->outside, end("192.168.253.4", 40001));
  EXPECT_EQ(read->destination, end("192.168.253.1", 23));
  EXPECT_EQ(read->packets, (Fields::Counts{12, 10}));
  EXPECT_EQ(read->bytes, (Fields::Counts{840, 4711}));
}

TEST_F(ReadLine, OfAStateHasItsEnds) {
  const auto read =
      parse_line("13/04/2005 15:02:11.123456 STATE:CLOSE 10.0.0.1,1 -> 10.0.0.2,2 PR tcp Forward:");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Fields::Kind::State);
  EXPECT_EQ(read->event, "CLOSE");
  EXPECT_EQ(read->destination, end("10.0.0.2", 2));
  EXPECT_FALSE(read->packets);
}

TEST_F(ReadLine, OfAStateThatEndedHasWhatWentBothWays) {
  const auto read = parse_line(
      "13/04/2005 15:02:11.123456 STATE:EXPIRE 10.0.0.1 -> 10.0.0.2 PR icmp "
      "Forward: Pkts in 12 Bytes in 840 Pkts out 12 Bytes out 840 "
      "Backward: Pkts in 10 Bytes in 4711 Pkts out 10 Bytes out 4711");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Fields::Kind::State);
  EXPECT_EQ(read->protocol, "icmp");
  EXPECT_EQ(read->packets, (Fields::Counts{12, 10}));
  EXPECT_EQ(read->bytes, (Fields::Counts{840, 4711}));
}

TEST_F(ReadLine, OfAnyOtherTextIsANotice) {
  const auto read = parse_line("13/04/2005 15:02:11.123456 17 packets were not logged");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, Fields::Kind::Notice);
  EXPECT_EQ(read->text, "17 packets were not logged");
}

TEST_F(ReadLine, WithoutATimeIsNone) {
  EXPECT_FALSE(parse_line(""));
  EXPECT_FALSE(parse_line("47 45 54 20 2f 20 48 54 54 50 2f 31 2e 30 0d 0a        GET / HTTP"));
  EXPECT_FALSE(parse_line("Apr 13 15:02:11 talisker tunneld[1]: hello"));
}

TEST_F(ReadLine, CutAnywhereIsStillNoCrash) {
  auto written = record("in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S mss=1460");
  const auto line = line_of(written);
  for (std::size_t length = 0; length < line.size(); ++length) {
    const auto read = parse_line(line.substr(0, length));
    EXPECT_TRUE(!read || read->kind == Fields::Kind::Notice) << length;
  }
}

}  // namespace
}  // namespace tunnel::filter::ipmon
