#include "tunneld/audit/log_line.hpp"

#include "tests/audit/local_time.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::audit {
namespace {

using namespace std::chrono_literals;
using test::utc;

const Writer kWriter{"talisker", 69203};

class LogLine : public test::InCentralEurope {
 protected:
  LogLine() {
    record.time = utc(2005, 4, 13, 13, 2, 11);
    record.priority = Priority::Info;
    record.site = "labs";
    record.interface = "tun0";
  }

  Record record;
};

TEST_F(LogLine, OfPppIsInTheMannerOfFreeBsd) {
  record.type = LogType::Ppp;
  record.layer = "IPCP";
  record.text = "myaddr 10.224.1.2 hisaddr 10.224.1.1";
  EXPECT_EQ(format_line(record, kWriter),
            "Apr 13 15:02:11 talisker tunneld[69203]: tun0: IPCP: "
            "myaddr 10.224.1.2 hisaddr 10.224.1.1");
}

TEST_F(LogLine, OfPppWithoutALayerNamesTheInterfaceOnly) {
  record.type = LogType::Ppp;
  record.text = "phase Establish";
  EXPECT_EQ(format_line(record, kWriter),
            "Apr 13 15:02:11 talisker tunneld[69203]: tun0: phase Establish");
}

TEST_F(LogLine, OfPppWithoutAnInterfaceNamesTheSite) {
  record.type = LogType::Ppp;
  record.interface.clear();
  record.layer = "LCP";
  record.text = "LayerStart";
  EXPECT_EQ(format_line(record, kWriter),
            "Apr 13 15:02:11 talisker tunneld[69203]: labs: LCP: LayerStart");
}

TEST_F(LogLine, OfAuthNamesTheSite) {
  record.type = LogType::Auth;
  record.text = "accepted from 198.51.100.10 port 40022 with key SHA256:abc";
  EXPECT_EQ(format_line(record, kWriter),
            "Apr 13 15:02:11 talisker tunneld[69203]: labs: "
            "accepted from 198.51.100.10 port 40022 with key SHA256:abc");
}

TEST_F(LogLine, OfAuthWithoutASiteIsTheTextAlone) {
  record.type = LogType::Auth;
  record.site.clear();
  record.text = "no such site";
  EXPECT_EQ(format_line(record, kWriter), "Apr 13 15:02:11 talisker tunneld[69203]: no such site");
}

TEST_F(LogLine, OfTheConsoleIsTheTextAlone) {
  record.type = LogType::Console;
  record.text = "tunnel=labs state lcp -> up on=link-up";
  EXPECT_EQ(format_line(record, kWriter),
            "Apr 13 15:02:11 talisker tunneld[69203]: tunnel=labs state lcp -> up on=link-up");
}

TEST_F(LogLine, PadsTheDayWithASpace) {
  record.time = utc(2005, 1, 3, 23, 59, 59);  // winter, and past midnight in local time
  record.text = "x";
  EXPECT_EQ(format_line(record, kWriter), "Jan  4 00:59:59 talisker tunneld[69203]: x");
}

TEST_F(LogLine, OfEveryTypeIsReadBack) {
  for (const auto type : {LogType::Ppp, LogType::Auth, LogType::Console}) {
    record.type = type;
    record.layer = type == LogType::Ppp ? "LCP" : "";
    record.text = type == LogType::Console ? "tunnel=labs pause=1.0s reason=\"a: b]: c\"" : "a: b";
    const auto line = format_line(record, kWriter);
    const auto read = parse_line(type, line, record.time + 1h);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(read->time, record.time);
    EXPECT_EQ(read->type, type);
    EXPECT_EQ(read->text, record.text);
    EXPECT_EQ(read->layer, record.layer);
    EXPECT_EQ(read->interface, type == LogType::Ppp ? "tun0" : "");
    EXPECT_EQ(read->site, type == LogType::Ppp ? "" : "labs");
    EXPECT_EQ(format_line(*read, kWriter), line);
  }
}

TEST_F(LogLine, WithoutASiteOrALayerIsReadBackWithout) {
  const auto auth = parse_line(
      LogType::Auth, "Apr 13 15:02:11 talisker tunneld[1]: a caller without a name: refused",
      record.time);
  ASSERT_TRUE(auth);
  EXPECT_EQ(auth->site, "");
  EXPECT_EQ(auth->text, "a caller without a name: refused");
  const auto ppp = parse_line(
      LogType::Ppp, "Apr 13 15:02:11 talisker tunneld[1]: tun0: 3 messages: lost", record.time);
  ASSERT_TRUE(ppp);
  EXPECT_EQ(ppp->layer, "");
  EXPECT_EQ(ppp->text, "3 messages: lost");
  const auto console =
      parse_line(LogType::Console, "Apr 13 15:02:11 talisker tunneld[1]: tunnel=labs", record.time);
  ASSERT_TRUE(console);
  EXPECT_EQ(console->site, "labs");
}

/// The time that a line with this stamp has when it is read at `now`.
std::optional<WallTime> read_at(WallTime now, const std::string& stamp) {
  const auto read = parse_line(LogType::Console, stamp + " talisker tunneld[1]: x", now);
  return read ? std::optional{read->time} : std::nullopt;
}

TEST_F(LogLine, HasTheYearInWhichItLiesInThePast) {
  EXPECT_EQ(read_at(utc(2026, 1, 1, 0, 0, 5), "Dec 31 23:59:59"), utc(2025, 12, 31, 22, 59, 59));
  EXPECT_EQ(read_at(utc(2026, 1, 1, 12), "Jan  1 00:00:00"), utc(2025, 12, 31, 23));
  EXPECT_EQ(read_at(utc(2026, 7, 1), "Jun 30 12:00:00"), utc(2026, 6, 30, 10));
  EXPECT_EQ(read_at(utc(2026, 7, 1), "Jul  3 12:00:00"), utc(2025, 7, 3, 10));
}

TEST_F(LogLine, MayBeADayAheadAsWhenTheClockWasPutBack) {
  EXPECT_EQ(read_at(utc(2026, 7, 1, 10), "Jul  1 12:30:00"), utc(2026, 7, 1, 10, 30));
  EXPECT_EQ(read_at(utc(2025, 12, 31, 22, 30), "Jan  1 00:10:00"), utc(2025, 12, 31, 23, 10));
}

TEST_F(LogLine, OfALeapDayIsReadInTheYearsAfterIt) {
  EXPECT_EQ(read_at(utc(2028, 3, 1), "Feb 29 12:00:00"), utc(2028, 2, 29, 11));
  EXPECT_EQ(read_at(utc(2029, 3, 10), "Feb 29 12:00:00"), utc(2028, 2, 29, 11));
  EXPECT_EQ(read_at(utc(2030, 3, 10), "Feb 29 12:00:00"), std::nullopt);
}

TEST_F(LogLine, OfAnotherFormIsRefused) {
  for (const std::string line :
       {"", "]: ", " tunneld[", " tunneld[1]: x", "Apr 13 15:02:11 talisker tunneld[1]",
        "Apr 13 15:02:11 talisker sshd[1]: x", "Apr 13 15:02 talisker tunneld[1]: x",
        "Foo 13 15:02:11 talisker tunneld[1]: x", "Apr 32 15:02:11 talisker tunneld[1]: x",
        "Apr 13 25:02:11 talisker tunneld[1]: x", "2005-04-13T13 talisker tunneld[1]: x",
        "Apr 13 15:02:11"}) {
    for (const auto type : {LogType::Ppp, LogType::Auth, LogType::Console}) {
      EXPECT_EQ(parse_line(type, line, record.time), std::nullopt) << '"' << line << '"';
    }
  }
}

TEST_F(LogLine, CutAnywhereIsReadOrRefusedButNothingWorse) {
  const std::string line = "Apr 13 15:02:11 talisker tunneld[69203]: tun0: IPCP: myaddr";
  const auto text_begins = line.find("tun0");
  for (std::size_t length = 0; length <= line.size(); ++length) {
    const auto read = parse_line(LogType::Ppp, line.substr(0, length), record.time);
    EXPECT_EQ(read.has_value(), length >= text_begins) << length;
  }
}

TEST(FormatUtc, IsIso8601WithMicroseconds) {
  EXPECT_EQ(format_utc(utc(2005, 4, 13, 13, 2, 11) + 123456us), "2005-04-13T13:02:11.123456Z");
  EXPECT_EQ(format_utc(utc(2026, 12, 31, 23, 59, 59) + 7us), "2026-12-31T23:59:59.000007Z");
  EXPECT_EQ(format_utc(utc(1970, 1, 1)), "1970-01-01T00:00:00.000000Z");
}

TEST(LogTypes, HaveNamesThatAreReadBack) {
  for (const auto type :
       {LogType::Ppp, LogType::Auth, LogType::Console, LogType::Filter, LogType::Nat}) {
    EXPECT_EQ(parse_log_type(name(type)), type);
  }
  EXPECT_EQ(name(LogType::Ppp), "ppp");
  EXPECT_EQ(name(LogType::Auth), "auth");
  EXPECT_EQ(name(LogType::Console), "console");
  for (const std::string_view text : {"", "PPP", "pp", "pppp", "filters"}) {
    EXPECT_EQ(parse_log_type(text), std::nullopt) << text;
  }
}

TEST(Priorities, AreThoseOfSyslog) {
  EXPECT_EQ(static_cast<int>(Priority::Error), 3);
  EXPECT_EQ(static_cast<int>(Priority::Debug), 7);
  EXPECT_EQ(name(Priority::Error), "error");
  EXPECT_EQ(name(Priority::Warning), "warning");
  EXPECT_EQ(name(Priority::Notice), "notice");
  EXPECT_EQ(name(Priority::Info), "info");
  EXPECT_EQ(name(Priority::Debug), "debug");
}

}  // namespace
}  // namespace tunnel::audit
