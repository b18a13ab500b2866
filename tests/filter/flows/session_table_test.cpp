// Translated flows as they come and go, also when the kernel's messages are lost.

#include "filter/flows/session_table.hpp"

#include "tests/filter/flows/samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::flows {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using Kind = SessionEvent::Kind;

const auto kRules = "map em0 192.168.1.0/24 -> 192.168.253.4/32";

Flow mapped(std::uint32_t id) {
  const auto port = static_cast<std::uint16_t>(1000 + id);
  auto made = flow(ends("192.168.1.215", port, "192.168.253.1", 23),
                   ends("192.168.253.4", port, "192.168.253.1", 23));
  made.id = id;
  return made;
}

class Sessions : public testing::Test {
 protected:
  Sessions() { table.set_rules(lists_of(kRules), {}); }

  SessionTable table;
};

TEST_F(Sessions, BeginOnceAndEndOnce) {
  const auto begun = table.take({FlowEvent::Kind::New, mapped(1)});
  ASSERT_THAT(begun, SizeIs(1));
  EXPECT_EQ(begun[0].kind, Kind::New);
  EXPECT_EQ(begun[0].session.rule, 1U);
  EXPECT_THAT(table.take({FlowEvent::Kind::New, mapped(1)}), IsEmpty());

  auto over = mapped(1);
  over.forward = Counters{12, 840};
  over.backward = Counters{10, 4711};
  const auto ended = table.take({FlowEvent::Kind::Ended, over});
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].kind, Kind::Expired);
  EXPECT_EQ(ended[0].forward, over.forward);
  EXPECT_EQ(ended[0].backward, over.backward);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(Sessions, DoNotBeginWithAChange) {
  EXPECT_THAT(table.take({FlowEvent::Kind::Changed, mapped(1)}), IsEmpty());
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(Sessions, ThatSomebodyDeletesAreDestroyed) {
  table.take({FlowEvent::Kind::New, mapped(1)});
  const auto ended = table.take({FlowEvent::Kind::Deleted, mapped(1)});
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].kind, Kind::Destroyed);
}

TEST_F(Sessions, AreOfTranslatedFlowsOnly) {
  const auto plain = ends("10.0.0.1", 1, "10.0.0.2", 2);
  EXPECT_THAT(table.take({FlowEvent::Kind::New, flow(plain, plain)}), IsEmpty());
  EXPECT_THAT(table.compare({flow(plain, plain)}), IsEmpty());
}

TEST_F(Sessions, KeepTheRuleThatMadeThem) {
  table.take({FlowEvent::Kind::New, mapped(1)});
  table.set_rules(lists_of("map em0 any -> 192.168.253.4/32\n" + std::string{kRules}), {});
  EXPECT_EQ(table.sessions_of(mapped(1))[0].rule, 1U);
  EXPECT_EQ(table.sessions_of(mapped(2))[0].rule, 2U);
  EXPECT_EQ(table.take({FlowEvent::Kind::Ended, mapped(1)})[0].session.rule, 1U);
}

TEST_F(Sessions, ThatBeganUnheardAreFoundByComparison) {
  table.take({FlowEvent::Kind::New, mapped(1)});
  const auto found = table.compare({mapped(1), mapped(2)});
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].kind, Kind::New);
  EXPECT_EQ(found[0].session.inside_port, 1002);
  EXPECT_THAT(table.end_doubtful(), IsEmpty());
  EXPECT_THAT(table.take({FlowEvent::Kind::New, mapped(2)}), IsEmpty());
}

TEST_F(Sessions, ThatEndedUnheardAreFoundByComparison) {
  table.take({FlowEvent::Kind::New, mapped(1)});
  table.take({FlowEvent::Kind::New, mapped(2)});
  EXPECT_THAT(table.compare({mapped(2)}), IsEmpty());
  const auto ended = table.end_doubtful();
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].kind, Kind::Expired);
  EXPECT_EQ(ended[0].session.inside_port, 1001);
  EXPECT_FALSE(ended[0].forward);
  EXPECT_EQ(table.size(), 1U);
}

TEST_F(Sessions, WhoseEndIsStillOnItsWayEndOnce) {
  table.take({FlowEvent::Kind::New, mapped(1)});
  table.compare({});
  EXPECT_THAT(table.take({FlowEvent::Kind::Ended, mapped(1)}), SizeIs(1));
  EXPECT_THAT(table.end_doubtful(), IsEmpty());
}

TEST_F(Sessions, ThatWereThereBeforeAreNoEvents) {
  auto old = mapped(1);
  old.start = Flow::WallTime{std::chrono::seconds{100}};
  auto young = mapped(2);
  young.start = Flow::WallTime{std::chrono::seconds{200}};
  const auto events = table.adopt({old, young}, Flow::WallTime{std::chrono::seconds{150}});
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].session.inside_port, 1002);
  EXPECT_EQ(events[0].time, young.start);
  EXPECT_EQ(table.size(), 2U);
}

}  // namespace
}  // namespace tunnel::filter::flows
