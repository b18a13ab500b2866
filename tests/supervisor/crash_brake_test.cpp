#include "tunneld/supervisor/crash_brake.hpp"

#include "tests/supervisor/site_world.hpp"

namespace tunnel::supervisor::test {
namespace {

using testing::ElementsAre;
using Verdict = CrashBrake::Verdict;

TEST(CrashBrake, FiveCrashesWithinAMinuteAreALoop) {
  CrashBrake brake;
  const TimePoint begin{};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(brake.crashed(begin + i * 15s), Verdict::GoOn);
  EXPECT_EQ(brake.crashed(begin + 60s), Verdict::Loop);
}

TEST(CrashBrake, ALoopIsToldOnceAndCountedAnew) {
  CrashBrake brake;
  const TimePoint now{};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(brake.crashed(now), Verdict::GoOn);
    EXPECT_EQ(brake.crashed(now), Verdict::Loop);
  }
}

TEST(CrashBrake, OldCrashesAreForgotten) {
  CrashBrake brake;
  const TimePoint begin{};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(brake.crashed(begin + i * 16s), Verdict::GoOn) << i;
}

TEST(CrashBrake, IsReleasedByTheAdministrator) {
  CrashBrake brake;
  const TimePoint now{};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(brake.crashed(now), Verdict::GoOn);
  brake.release();
  EXPECT_EQ(brake.crashed(now), Verdict::GoOn);
}

TEST(CrashBrake, HoldsEitherEndDownForFiveMinutes) {
  for (const auto role : {ipc::Role::Dial, ipc::Role::Answer}) {
    SiteWorld site{role};
    site.bring_to(State::Up);
    site.handle(Event::CrashLoop, "killed by its sandbox");
    EXPECT_EQ(site.state(), State::Waiting);
    EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge"));
    EXPECT_THAT(site.alerts, ElementsAre("killed by its sandbox"));
    EXPECT_EQ(site.machine.last_error(), "killed by its sandbox");
    EXPECT_EQ(site.patience(), 5min);
    site.expire();
    EXPECT_EQ(site.state(), role == ipc::Role::Dial ? State::Resolve : State::Listening);
  }
}

TEST(CrashBrake, IsKnownAsSuchUntilItsPauseIsOver) {
  SiteWorld other{ipc::Role::Dial};
  other.bring_to(State::Waiting);
  EXPECT_FALSE(other.machine.braked());
  SiteWorld site{ipc::Role::Dial};
  site.bring_to(State::Up);
  site.handle(Event::CrashLoop, "killed by its sandbox");
  site.handle(Event::Claimed);  // which is refused
  EXPECT_TRUE(site.machine.braked());
  site.expire();
  EXPECT_FALSE(site.machine.braked());
}

TEST(CrashBrake, ARetryEndsThePause) {
  SiteWorld site{ipc::Role::Dial};
  site.bring_to(State::Lcp);
  site.handle(Event::CrashLoop, "killed by its sandbox");
  site.handle(Event::Retry);
  EXPECT_EQ(site.state(), State::Resolve);
}

}  // namespace
}  // namespace tunnel::supervisor::test
