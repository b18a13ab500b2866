// Translations and states as ipmon(8) writes them.

#include "filter/ipmon/session_lines.hpp"

#include "tests/filter/ipmon/records.hpp"

#include <gtest/gtest.h>

namespace tunnel::filter::ipmon {
namespace {

using flows::Counters;
using flows::FlowEvent;
using flows::SessionEvent;

HostAddress host(const char* text) {
  return *HostAddress::parse(text);
}

class SessionLine : public InUtc {};

SessionEvent event(SessionEvent::Kind kind) {
  return {kind,
          {NatRule::Kind::Map, 2, 6, host("192.168.1.215"), 3936, host("192.168.253.4"), 40001,
           host("192.168.253.1"), 23},
          {},
          {},
          {}};
}

TEST_F(SessionLine, OfANewOneHasTheInsideTheOutsideAndTheOtherEnd) {
  EXPECT_EQ(line_of(event(SessionEvent::Kind::New), kThen),
            "13/04/2005 15:02:11.123456 @2 NAT:NEW-MAP 192.168.1.215,3936 <- -> "
            "192.168.253.4,40001 [192.168.253.1,23] tcp");
}

TEST_F(SessionLine, OfAnEndHasWhatWentBothWays) {
  auto ended = event(SessionEvent::Kind::Expired);
  ended.session.kind = NatRule::Kind::Bimap;
  ended.time = kThen;
  ended.forward = Counters{12, 840};
  ended.backward = Counters{10, 4711};
  EXPECT_EQ(line_of(ended, kThen + std::chrono::hours{1}),
            "13/04/2005 15:02:11.123456 @2 NAT:EXPIRE-BIMAP 192.168.1.215,3936 <- -> "
            "192.168.253.4,40001 [192.168.253.1,23] tcp Pkts 12/10 Bytes 840/4711");
}

TEST_F(SessionLine, WithoutPortsHasTheHostsAlone) {
  auto ping = event(SessionEvent::Kind::Destroyed);
  ping.session.protocol = 1;
  ping.session.kind = NatRule::Kind::Rdr;
  EXPECT_EQ(line_of(ping, kThen),
            "13/04/2005 15:02:11.123456 @2 NAT:DESTROY-RDR 192.168.1.215 <- -> 192.168.253.4 "
            "[192.168.253.1] icmp");
}

FlowEvent flow(FlowEvent::Kind kind) {
  FlowEvent event;
  event.kind = kind;
  event.flow.protocol = 6;
  event.flow.original = {host("192.168.1.215"), host("192.168.253.1"), 3936, 23};
  event.flow.forward = Counters{12, 840};
  event.flow.backward = Counters{10, 4711};
  return event;
}

TEST_F(SessionLine, OfAStateSaysHowItBegins) {
  EXPECT_EQ(state_line_of(flow(FlowEvent::Kind::New), kThen),
            "13/04/2005 15:02:11.123456 STATE:NEW 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp");
}

TEST_F(SessionLine, OfAStateSaysHowItEnds) {
  auto ended = flow(FlowEvent::Kind::Ended);
  EXPECT_EQ(state_line_of(ended, kThen),
            "13/04/2005 15:02:11.123456 STATE:EXPIRE 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp "
            "Forward: Pkts in 12 Bytes in 840 Pkts out 12 Bytes out 840 "
            "Backward: Pkts in 10 Bytes in 4711 Pkts out 10 Bytes out 4711");
  ended.flow.tcp_state = flows::TcpState::TimeWait;
  EXPECT_NE(state_line_of(ended, kThen).find(" STATE:CLOSE "), std::string::npos);
  EXPECT_NE(state_line_of(flow(FlowEvent::Kind::Deleted), kThen).find(" STATE:FLUSH "),
            std::string::npos);
}

}  // namespace
}  // namespace tunnel::filter::ipmon
