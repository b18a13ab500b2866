// Identical records in a row become one.

#include "filter/ipmon/merger.hpp"

#include "tests/filter/ipmon/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::ipmon {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto kBlocked = "in on em0 udp 10.0.0.1,53 10.0.0.2,53";

class MergerOf : public InUtc {
 protected:
  std::optional<Written> add(const std::string& text, std::chrono::milliseconds at = 0ms) {
    auto made = record(text);
    made.time += at;
    return merger.add(std::move(made), TimePoint{} + at);
  }

  Merger merger;
};

TEST_F(MergerOf, IdenticalRecordsCountsThemAndKeepsTheTimeOfTheFirst) {
  EXPECT_FALSE(add(kBlocked));
  EXPECT_FALSE(add(kBlocked, 1ms));
  EXPECT_FALSE(add(kBlocked, 2ms));
  const auto done = merger.flush();
  ASSERT_TRUE(done);
  EXPECT_THAT(done->line(), HasSubstr("15:02:11.123456 3x em0 @300:2 p 10.0.0.1,53 -> "));
  EXPECT_FALSE(merger.flush());
}

TEST_F(MergerOf, AnotherRecordEndsTheRow) {
  add(kBlocked);
  const auto first = add("in on em0 udp 10.0.0.1,54 10.0.0.2,53");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->record.count, 1U);
  EXPECT_THAT(first->line(), HasSubstr(" em0 @300:2 p 10.0.0.1,53 -> "));
  EXPECT_THAT(merger.flush()->line(), HasSubstr(" 10.0.0.1,54 -> "));
}

TEST_F(MergerOf, TheSameWithOthersInBetweenAreNotOne) {
  add(kBlocked);
  EXPECT_TRUE(add("out on em0 udp 10.0.0.1,53 10.0.0.2,53"));
  EXPECT_TRUE(add(kBlocked));
}

TEST_F(MergerOf, ABodyThatIsAnotherIsNotTheSame) {
  add(kBlocked);
  auto with_body = record(kBlocked);
  with_body.body = {1, 2, 3};
  EXPECT_TRUE(merger.add(with_body, TimePoint{}));
}

TEST_F(MergerOf, ARowIsNotKeptBackForLongerThanPatienceAllows) {
  EXPECT_FALSE(merger.deadline());
  add(kBlocked, 10ms);
  EXPECT_EQ(merger.deadline(), TimePoint{} + 10ms + Merger::kPatience);
  add(kBlocked, 11ms);
  EXPECT_EQ(merger.deadline(), TimePoint{} + 10ms + Merger::kPatience);
  const auto done = add(kBlocked, 10ms + Merger::kPatience);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->record.count, 2U);
  EXPECT_EQ(merger.flush()->record.count, 1U);
  EXPECT_FALSE(merger.deadline());
}

}  // namespace
}  // namespace tunnel::filter::ipmon
