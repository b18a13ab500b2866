// What a line of filter.log or nat.log is as a document.

#include "tunneld/supervisor/traffic_fields.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace tunnel::supervisor {
namespace {

namespace json = boost::json;

json::object fields_of(const std::string& text) {
  json::object record;
  const auto fields = filter::ipmon::parse_line("13/04/2005 15:02:11.123456 " + text);
  EXPECT_TRUE(fields) << text;
  if (fields) add_fields(record, *fields);
  return record;
}

TEST(TrafficFields, OfAPacket) {
  EXPECT_EQ(fields_of("2x tun0 @300:2 Sb 10.0.0.1,3936 -> 10.0.0.2,23 PR tcp len 20 48 -S K-S IN"),
            json::parse(R"({"kind": "packet", "rule": "@300:2", "protocol": "tcp",
              "source": "10.0.0.1", "source_port": 3936, "destination": "10.0.0.2",
              "destination_port": 23, "verdict": "block", "direction": "in", "count": 2,
              "short": true, "header_size": 20, "size": 48, "tcp_flags": "S", "icmp": "",
              "keep_state": true, "keep_frags": false})"));
}

TEST(TrafficFields, OfATranslation) {
  EXPECT_EQ(fields_of("@2 NAT:EXPIRE-MAP 10.0.0.1,1 <- -> 10.0.0.9,4 [10.0.0.2,2] udp Pkts 1/2 "
                      "Bytes 30/40"),
            json::parse(R"({"kind": "translation", "rule": "@2", "protocol": "udp",
              "inside": "10.0.0.1", "inside_port": 1, "destination": "10.0.0.2",
              "destination_port": 2, "event": "EXPIRE-MAP", "outside": "10.0.0.9",
              "outside_port": 4, "packets_forward": 1, "packets_backward": 2,
              "bytes_forward": 30, "bytes_backward": 40})"));
}

TEST(TrafficFields, OfAState) {
  EXPECT_EQ(fields_of("STATE:CLOSE 10.0.0.1,1 -> 10.0.0.2,2 PR tcp Forward: Pkts in 1 Bytes in 30 "
                      "Pkts out 1 Bytes out 30 Backward: Pkts in 2 Bytes in 40 Pkts out 2 Bytes "
                      "out 40"),
            json::parse(R"({"kind": "state", "rule": "", "protocol": "tcp",
              "source": "10.0.0.1", "source_port": 1, "destination": "10.0.0.2",
              "destination_port": 2, "event": "CLOSE", "packets_forward": 1,
              "packets_backward": 2, "bytes_forward": 30, "bytes_backward": 40})"));
}

TEST(TrafficFields, OfANotice) {
  EXPECT_EQ(fields_of("tunneld starts"), json::parse(R"({"kind": "notice"})"));
}

TEST(TrafficFields, AreWhatALineIsSelectedBy) {
  const auto fields = filter::ipmon::parse_line(
      "13/04/2005 15:02:11.123456 @2 NAT:NEW-MAP 10.0.0.1,1 <- -> 10.0.0.9,4 [10.0.0.2,2] udp");
  ASSERT_TRUE(fields);
  const auto traffic = traffic_of(*fields);
  EXPECT_EQ(traffic.rule, "@2");
  EXPECT_EQ(traffic.verdict, "");
  EXPECT_EQ(traffic.ends.size(), 3U);
  EXPECT_EQ(hosts_of(*fields).size(), 2U);
}

}  // namespace
}  // namespace tunnel::supervisor
