#include "tunneld/audit/audit.hpp"

#include "tests/audit/files.hpp"
#include "tests/audit/local_time.hpp"
#include "tests/base/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tunnel::audit {
namespace {

using test::lines;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::SizeIs;

class AuditTest : public test::InCentralEurope {
 protected:
  AuditTest() { testing::internal::CaptureStderr(); }

  ~AuditTest() override { testing::internal::GetCapturedStderr(); }

  std::filesystem::path path(LogType type) const {
    return directory.path() / (std::string{name(type)} + ".log");
  }

  void write(LogType type, std::string text) {
    Record record;
    record.type = type;
    record.site = "labs";
    record.interface = "tun0";
    record.text = std::move(text);
    audit.write(record);
  }

  tunnel::test::TemporaryDirectory directory;
  WallTime now = test::utc(2005, 4, 13, 13, 2, 11);
  Audit audit{Writer{"talisker", 69203}, directory.path(), [this] { return now; },
              Audit::Journal::Never};
};

TEST_F(AuditTest, WritesEachTypeToItsFile) {
  write(LogType::Ppp, "p");
  write(LogType::Auth, "a");
  write(LogType::Console, "c");
  EXPECT_THAT(lines(path(LogType::Ppp)),
              ElementsAre("Apr 13 15:02:11 talisker tunneld[69203]: tun0: p"));
  EXPECT_THAT(lines(path(LogType::Auth)),
              ElementsAre("Apr 13 15:02:11 talisker tunneld[69203]: labs: a"));
  EXPECT_THAT(lines(path(LogType::Console)),
              ElementsAre("Apr 13 15:02:11 talisker tunneld[69203]: c"));
}

TEST_F(AuditTest, SetsTheTimeItself) {
  write(LogType::Console, "first");
  now += std::chrono::hours{24};
  write(LogType::Console, "second");
  EXPECT_THAT(lines(path(LogType::Console)),
              ElementsAre("Apr 13 15:02:11 talisker tunneld[69203]: first",
                          "Apr 14 15:02:11 talisker tunneld[69203]: second"));
}

TEST_F(AuditTest, WithoutAJournalStandardErrorHasAllButPpp) {
  write(LogType::Ppp, "p");
  write(LogType::Auth, "a");
  write(LogType::Console, "c");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "Apr 13 15:02:11 talisker tunneld[69203]: labs: a\n"
            "Apr 13 15:02:11 talisker tunneld[69203]: c\n");
  testing::internal::CaptureStderr();
}

TEST_F(AuditTest, KeepsALineALineWhateverTheText) {
  write(LogType::Auth, std::string{"a\nforged line\r\t\0\x1b[2J\x7f", 21});
  EXPECT_THAT(lines(path(LogType::Auth)), ElementsAre(EndsWith("labs: a?forged line????[2J?")));
}

TEST_F(AuditTest, LeavesNoControlOfATerminalBehindUtf8) {
  // U+009B is what ESC [ is; U+00A0 and "…" (with an octet 0x80) are only text.
  write(LogType::Auth,
        "\xc2\x9b"
        "2J \xc2\xa0 … ä \xc2");
  EXPECT_THAT(lines(path(LogType::Auth)), ElementsAre(EndsWith("labs: ?2J \xc2\xa0 … ä \xc2")));
}

TEST_F(AuditTest, TellsTheFollowerWhatWasWritten) {
  std::vector<std::pair<Record, std::string>> heard;
  audit.follow(
      [&](const Record& record, const std::string& line) { heard.emplace_back(record, line); });
  write(LogType::Ppp, "a\nb");
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].first.time, now);
  EXPECT_EQ(heard[0].first.site, "labs");
  EXPECT_EQ(heard[0].first.text, "a?b");
  EXPECT_EQ(heard[0].second, lines(path(LogType::Ppp)).at(0));
}

TEST_F(AuditTest, TailIsTheLastLinesOldestFirst) {
  for (const auto* text : {"1", "2", "3", "4"}) write(LogType::Console, text);
  EXPECT_THAT(audit.tail(LogType::Console, 2), ElementsAre(EndsWith(": 3"), EndsWith(": 4")));
  EXPECT_THAT(audit.tail(LogType::Console, 4), SizeIs(4));
  EXPECT_THAT(audit.tail(LogType::Console, 100), SizeIs(4));
  EXPECT_THAT(audit.tail(LogType::Console, 0), IsEmpty());
}

TEST_F(AuditTest, TailOfALogThatIsNotThereIsEmpty) {
  EXPECT_THAT(audit.tail(LogType::Ppp, 10), IsEmpty());
}

TEST_F(AuditTest, TailHoldsWholeLinesOnly) {
  std::ofstream{path(LogType::Ppp)} << "whole\nand a half";
  EXPECT_THAT(audit.tail(LogType::Ppp, 10), ElementsAre("whole"));
}

TEST_F(AuditTest, TailReadsTheLastMegabyteOnly) {
  constexpr std::size_t kLines = 300'000;  // of 10 bytes each: three times as much
  {
    std::ofstream file{path(LogType::Ppp)};
    for (std::size_t i = 0; i < kLines; ++i) file << 100'000'000 + i << '\n';
  }
  const auto tail = audit.tail(LogType::Ppp, kLines);
  EXPECT_EQ(tail.size(), 1024U * 1024 / 10);  // the line that was cut is left out
  EXPECT_EQ(tail.front().size(), 9U);
  EXPECT_EQ(tail.back(), std::to_string(100'000'000 + kLines - 1));
}

TEST_F(AuditTest, CountsLostLinesOfAllLogs) {
  EXPECT_EQ(audit.lost_lines(), 0U);
  {
    const test::FullDisk disk{0};
    write(LogType::Ppp, "p");
    write(LogType::Auth, "a");
    write(LogType::Auth, "a");
  }
  EXPECT_EQ(audit.lost_lines(), 3U);
}

TEST_F(AuditTest, NoticeOfLostLinesIsALineOfTheLog) {
  {
    const test::FullDisk disk{0};
    write(LogType::Auth, "lost");
  }
  write(LogType::Auth, "kept");
  const auto kept = lines(path(LogType::Auth));
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept[0],
            "Apr 13 15:02:11 talisker tunneld[69203]: "
            "1 lines were lost here: the log could not be written");
  EXPECT_TRUE(parse_line(LogType::Auth, kept[0], now));
}

Record of_traffic(LogType type, std::string text) {
  Record record;
  record.type = type;
  record.text = std::move(text);
  return record;
}

TEST_F(AuditTest, WritesTrafficAsItIs) {
  audit.write_traffic({of_traffic(LogType::Filter, "13/04/2005 15:02:11.123456 one\n80 21  .!"),
                       of_traffic(LogType::Filter, "13/04/2005 15:02:11.123457 two")});
  audit.write_traffic({of_traffic(LogType::Nat, "13/04/2005 15:02:11.123456 three")});
  audit.write_traffic({});
  EXPECT_THAT(
      lines(path(LogType::Filter)),
      ElementsAre("13/04/2005 15:02:11.123456 one", "80 21  .!", "13/04/2005 15:02:11.123457 two"));
  EXPECT_THAT(lines(path(LogType::Nat)), ElementsAre("13/04/2005 15:02:11.123456 three"));
}

TEST_F(AuditTest, TellsTheFollowerOfEachPacket) {
  std::vector<std::string> heard;
  audit.follow([&](const Record&, const std::string& line) { heard.push_back(line); });
  audit.write_traffic({of_traffic(LogType::Filter, "1"), of_traffic(LogType::Filter, "2")});
  EXPECT_THAT(heard, ElementsAre("1", "2"));
}

TEST_F(AuditTest, NoticeOfLostTrafficBearsTheTimeOfTheNextLine) {
  {
    const test::FullDisk disk{0};
    audit.write_traffic({of_traffic(LogType::Filter, "13/04/2005 15:02:11.123456 lost"),
                         of_traffic(LogType::Filter, "13/04/2005 15:02:11.123457 lost")});
  }
  EXPECT_EQ(audit.lost_lines(), 2U);
  audit.write_traffic({of_traffic(LogType::Filter, "13/04/2005 15:02:12.000000 kept")});
  EXPECT_THAT(lines(path(LogType::Filter)),
              ElementsAre("13/04/2005 15:02:12.000000 2 lines were lost here: the log could not be "
                          "written",
                          "13/04/2005 15:02:12.000000 kept"));
}

TEST(QuotaTest, IsForEachSecond) {
  Quota quota{2};
  const WallTime now{std::chrono::seconds{1000}};
  EXPECT_TRUE(quota.take(now));
  EXPECT_TRUE(quota.take(now));
  EXPECT_FALSE(quota.take(now));
  EXPECT_FALSE(quota.take(now + std::chrono::milliseconds{999}));
  EXPECT_EQ(quota.refused(now), 0U);
  const auto later = now + std::chrono::seconds{1};
  EXPECT_EQ(quota.refused(later), 2U);
  EXPECT_EQ(quota.refused(later), 0U);
  EXPECT_TRUE(quota.take(later));
}

}  // namespace
}  // namespace tunnel::audit
