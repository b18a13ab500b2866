// What is pure in tunnelctl: texts for people, and texts that must not reach their terminal.

#include "tests/ctl/samples.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/status_text.hpp"
#include "tunneld/ctl/terminal.hpp"
#include "tunneld/ctl/units.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

#include <ctime>

namespace tunnel::ctl {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

json::object parsed(std::string_view text) {
  return json::parse(text).as_object();
}

TEST(TerminalText, ReadableTextStays) {
  EXPECT_EQ(terminal_text("Büro Köln, 東京 \\ \"1\""), "Büro Köln, 東京 \\ \"1\"");
}

TEST(TerminalText, ControlCharactersAreEscaped) {
  EXPECT_EQ(terminal_text("a\033[2Jb\nc\td\r\x7f"), "a\\x1b[2Jb\\nc\\td\\r\\x7f");
  EXPECT_EQ(terminal_text(std::string_view{"\0", 1}), "\\x00");
}

TEST(TerminalText, TheControlCharactersBeyondAsciiAreEscaped) {
  EXPECT_EQ(terminal_text("a\xc2\x9b"
                          "2J"),
            "a\\u009b2J");
  EXPECT_EQ(terminal_text("\xe2\x80\xae"
                          "abc\xe2\x81\xa6"),
            "\\u202eabc\\u2066");
}

TEST(TerminalText, BytesThatAreNotUtf8AreEscaped) {
  EXPECT_EQ(terminal_text("\xff\x9b"), "\\xff\\x9b");
  EXPECT_EQ(terminal_text("\xc0\x9b"), "\\xc0\\x9b");                    // overlong
  EXPECT_EQ(terminal_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // a surrogate
  EXPECT_EQ(terminal_text("\xe6\x9d"), "\\xe6\\x9d");                    // cut short
  EXPECT_EQ(terminal_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
}

TEST(TerminalText, OfSeveralLinesTheLinesAndTabsStay) {
  EXPECT_EQ(terminal_lines("a\n\tb\033\n"), "a\n\tb\\x1b\n");
}

TEST(TerminalText, ALineIsCutBetweenCharacters) {
  EXPECT_EQ(cut_to("Büro", 2), "Bü");
  EXPECT_EQ(cut_to("Büro", 9), "Büro");
  EXPECT_EQ(cut_to("\xff\xff\xff", 2), "\xff\xff");
}

TEST(JsonLine, NumbersAreAsPeopleWriteThem) {
  EXPECT_EQ(json_line(json::array{34.567662283, 0.0005, -2e-7, 3, 1e21}),
            "[34.567662283,0.0005,-0.0000002,3,1000000000000000000000]");
  EXPECT_EQ(json_line(json::object{{"3E1", "1E5 \"2E3\" \\"}}), R"({"3E1":"1E5 \"2E3\" \\"})");
}

TEST(JsonLine, ADocumentIsFitForATerminal) {
  EXPECT_EQ(json_line(json::object{{"a", "\033\x7f\xc2\x9bü\xff"}}),
            "{\"a\":\"\\u001b\\u007f\\u009bü\\ufffd\"}");
}

TEST(Units, DurationsHaveTheirTwoGreatestUnits) {
  EXPECT_EQ(human_duration(0s), "0s");
  EXPECT_EQ(human_duration(59s), "59s");
  EXPECT_EQ(human_duration(125s), "2m 5s");
  EXPECT_EQ(human_duration(120s), "2m");
  EXPECT_EQ(human_duration(7385s), "2h 3m");
  EXPECT_EQ(human_duration(3601s), "1h");
  EXPECT_EQ(human_duration(90061s), "1d 1h");
  EXPECT_EQ(human_duration(-5s), "0s");
}

TEST(Units, BytesHaveABinaryUnit) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1048575), "1.0 MiB");
  EXPECT_EQ(human_bytes(14680064), "14.0 MiB");
  EXPECT_EQ(human_bytes(~std::uint64_t{0}), "16.0 EiB");
}

TEST(Units, RoundTripsAreInMilliseconds) {
  EXPECT_EQ(human_round_trip(840us), "0.84 ms");
  EXPECT_EQ(human_round_trip(12340us), "12.3 ms");
}

TEST(Units, TimesOnTheCommandLine) {
  EXPECT_EQ(parse_duration("20s"), 20s);
  EXPECT_EQ(parse_duration("20"), 20s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("2m"), 120s);
  EXPECT_EQ(parse_duration("1h"), 3600s);
  for (const auto* wrong : {"", "s", "-1s", "1.5s", "1 s", "10y", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
}

/// Local time, for the rest of the scope, one hour east of Greenwich.
class OneHourEast {
 public:
  OneHourEast() { set("TEST-1"); }

  ~OneHourEast() { set("UTC"); }

 private:
  static void set(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

TEST(Units, TimesOfDayAreLocal) {
  const OneHourEast east;
  EXPECT_EQ(local_time("2005-04-13T23:30:11Z"), "2005-04-14 00:30:11");
  EXPECT_EQ(local_time("2005-04-13T13:02:11.123456Z"), "2005-04-13 14:02:11");
  EXPECT_EQ(local_time("yesterday"), "yesterday");
  EXPECT_EQ(local_time("2005-04-13T13:02:11+02:00"), "2005-04-13T13:02:11+02:00");
}

class StatusText : public ::testing::Test {
 protected:
  StatusText() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(StatusText, ASiteThatIsUpHasAllItsFacts) {
  const auto status = parsed(std::string{R"({"gateway": "talisker", "version": "0.1.0",
      "pid": 69203, "started": "2005-04-12T09:00:00Z", "log_dir": "/var/log/tunneld",
      "lost_log_lines": 0, "conflicts": [], "sites": [)"} +
                             kUpSite + "]}");
  EXPECT_EQ(status_text(status, Detail::AllSites),
            R"(talisker: tunneld 0.1.0, process 69203, since 2005-04-12 09:00:00

labs (Labs Network): up for 2h 3m, since 2005-04-13 13:02:11
    link         dials on tun0, by libssh2, bridge process 4711
    peer         198.51.100.7 port 22, key SHA256:abc, PPP name "labs gateway"
    established  3 times, first 2005-04-12 09:12:44, this time 2005-04-13 13:02:11
    addresses    10.224.1.1 here, 10.224.1.2 there; MRU 1500 in, 1400 out; Deflate out
    networks     192.168.253.0/24, 172.16.1.0/24
    round trip   0.84 ms
    in           12345 packets, 14.0 MiB (15.0 MiB on the wire)
    out          1 packet, 512 B (1.0 KiB on the wire)
    dropped      2 from a foreign source, 1 too big, 7 after waiting too long, 8 at a full queue, 9 super-packets that cannot be, 4 bad frames
    last error   2005-04-13 13:02:09: connection refused
)");
}

TEST_F(StatusText, ASiteThatWaitsSaysWhyAndForHowLong) {
  const auto status = parsed(std::string{R"({"gateway": "talisker", "version": "0.1.0", "pid": 1,
      "log_dir": "/var/log/tunneld", "lost_log_lines": 2, "lost_packet_records": 1,
      "conflicts": ["192.168.9.0/24 is on eth1 too"], "sites": [)"} +
                             kWaitingSite + "]}");
  EXPECT_EQ(status_text(status, Detail::AllSites),
            R"(talisker: tunneld 0.1.0, process 1
conflict: 192.168.9.0/24 is on eth1 too
2 log lines lost: is there room in /var/log/tunneld?
1 record of packets lost: rules log more than can be written

)"
            "attic: waiting for 3s, since 2005-04-13 13:02:11, next attempt in 12s: "
            "attic.example: connection refused\n"
            R"(    link         dials on tun1
    established  never yet
    addresses    10.224.2.1 here, 10.224.2.2 there
    networks     192.168.9.0/24
    in           0 packets, 0 B (0 B on the wire)
    out          0 packets, 0 B (0 B on the wire)
    dropped      nothing
)"
            "    last error   2005-04-13 13:02:11: attic.example: connection refused "
            "(7 failures in a row)\n");
}

TEST_F(StatusText, ASiteThatWasAskedForAloneHasItsQueueAsWell) {
  const auto alone = [](const std::string& site) {
    return status_text(parsed("{\"sites\": [" + site + "]}"), Detail::OneSite);
  };
  EXPECT_THAT(alone(kUpSite), testing::HasSubstr(R"(
    queue        1 packet, 4.2 KiB; 0.31 ms on average, 12.1 ms at most
    fast path    43% of packets in and 0% of packets out are super-packets, 12 cut into 400 segments, 200 segments joined, 3 with a lower MSS, 5 marked by ECN
)"));
  EXPECT_THAT(alone(kWaitingSite), testing::Not(testing::HasSubstr("queue")));
  EXPECT_THAT(alone(kWaitingSite), testing::Not(testing::HasSubstr("fast path")));
}

TEST_F(StatusText, AGatewayWithoutSitesSaysWhatToDo) {
  const auto status =
      parsed(R"({"gateway": "talisker", "version": "1", "pid": 1, "config": "/etc/tunneld"})");
  EXPECT_EQ(status_text(status, Detail::AllSites),
            "talisker: tunneld 1, process 1\n"
            "no sites: write a profile into /etc/tunneld/sites and run \"tunnelctl reload\"\n");
}

TEST_F(StatusText, ASiteThatNobodyWantsSaysHowToBringItUp) {
  EXPECT_EQ(headline(parsed(R"({"site": "labs", "state": "down", "wanted": false,
                                "state_seconds": 60, "reason": "tunnelctl down"})")),
            "labs: down for 1m; to bring it up: tunnelctl up labs");
}

TEST_F(StatusText, ADocumentOfAnotherReleaseIsShownAsFarAsItGoes) {
  EXPECT_EQ(headline(parsed(R"({"site": 7, "state": "up", "since": [], "wanted": 1})")), ": up");
  EXPECT_EQ(status_text(parsed(R"({"sites": [1, "x"], "conflicts": {}})"), Detail::AllSites),
            ": tunneld , process 0\nno sites: write a profile into /sites and run "
            "\"tunnelctl reload\"\n");
}

TEST_F(StatusText, WhatTheFarEndSaysCannotReachTheTerminal) {
  EXPECT_EQ(headline(parsed("{\"site\": \"labs\", \"state\": \"waiting\", "
                            "\"reason\": \"\\u001b[2Jgo\\naway\"}")),
            "labs: waiting: \\x1b[2Jgo\\naway");
}

TEST_F(StatusText, AChangeIsALine) {
  EXPECT_EQ(change_text(parsed(R"({"site": "labs", "from": "connect", "to": "waiting",
      "event": "bridge-gone", "reason": "connection refused", "pause_seconds": 2.4})")),
            "labs: connect -> waiting for 2s (connection refused)");
  EXPECT_EQ(change_text(parsed(R"({"site": "labs", "from": "ncp", "to": "up", "event": "x",
      "reason": "", "pause_seconds": null})")),
            "labs: ncp -> up");
}

}  // namespace
}  // namespace tunnel::ctl
