// Flows that bear the mark of a rule as they come and go, also when the kernel's messages are lost.

#include "filter/flows/marked_flows.hpp"

#include "tests/filter/flows/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::flows {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = FlowEvent::Kind;

constexpr Flow::WallTime kThen{1'113'404'531s};

Flow marked(std::uint32_t id, std::uint32_t mark) {
  const auto both = ends("192.168.1.215", static_cast<std::uint16_t>(id), "192.168.253.1", 23);
  auto made = flow(both, both);
  made.id = id;
  made.mark = mark;
  return made;
}

class Marked : public testing::Test {
 protected:
  MarkedFlows flows{0xff};
};

TEST_F(Marked, BeginOnceAndEndOnce) {
  const auto begun = flows.take({Kind::New, marked(1, 7)});
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->kind, Kind::New);
  EXPECT_FALSE(flows.take({Kind::Changed, marked(1, 7)}));
  auto over = marked(1, 7);
  over.forward = Counters{12, 840};
  const auto ended = flows.take({Kind::Ended, over});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, Kind::Ended);
  EXPECT_EQ(ended->flow.forward, over.forward);
  EXPECT_EQ(flows.size(), 0U);
}

TEST_F(Marked, AreNotThoseWithBitsOfOthersAlone) {
  EXPECT_FALSE(flows.take({Kind::New, marked(1, 0x100)}));
  EXPECT_FALSE(flows.take({Kind::Ended, marked(1, 0x100)}));
  EXPECT_TRUE(flows.take({Kind::New, marked(2, 0x107)}));
}

TEST_F(Marked, BeginWhenTheyGetTheirMark) {
  auto late = marked(1, 0);
  late.start = kThen;
  EXPECT_FALSE(flows.take({Kind::New, late}));
  late.mark = 7;
  const auto begun = flows.take({Kind::Changed, late});
  ASSERT_TRUE(begun);
  EXPECT_EQ(begun->kind, Kind::New);
  EXPECT_FALSE(begun->flow.start) << "the flow's, and not the state's";
}

TEST_F(Marked, WhoseBeginningWasLostEndAllTheSame) {
  EXPECT_TRUE(flows.take({Kind::Deleted, marked(1, 7)}));
}

TEST_F(Marked, AreComparedWithTheTableOfTheKernel) {
  flows.take({Kind::New, marked(1, 7)});
  flows.take({Kind::New, marked(2, 8)});
  flows.take({Kind::New, marked(3, 9)});
  const auto missed = flows.compare({marked(1, 7), marked(4, 7), marked(5, 0)});
  ASSERT_THAT(missed, SizeIs(1));
  EXPECT_EQ(missed[0].flow.id, 4U);
  EXPECT_TRUE(flows.take({Kind::Ended, marked(2, 8)})) << "its message was on its way";
  const auto ended = flows.end_doubtful();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].kind, Kind::Ended);
  EXPECT_EQ(ended[0].flow.original, marked(3, 9).original);
  EXPECT_EQ(ended[0].flow.mark, 9U);
  EXPECT_FALSE(ended[0].flow.forward);
  EXPECT_THAT(flows.end_doubtful(), IsEmpty());
  EXPECT_EQ(flows.size(), 2U);
}

TEST_F(Marked, OfBeforeAreKnownAndThoseSinceThenAreNew) {
  auto before = marked(1, 7);
  before.start = kThen;
  auto since = marked(2, 7);
  since.start = kThen + 1us;
  const auto events = flows.adopt({before, since, marked(3, 7)}, kThen);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].flow.id, 2U);
  EXPECT_EQ(events[0].flow.start, since.start);
  EXPECT_FALSE(flows.take({Kind::New, before}));
  EXPECT_EQ(flows.size(), 3U);
}

}  // namespace
}  // namespace tunnel::filter::flows
