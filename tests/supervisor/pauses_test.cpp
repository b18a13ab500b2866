// The pauses between attempts, over a long time.

#include "tests/supervisor/site_world.hpp"

#include <random>

namespace tunnel::supervisor::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

/// One attempt that fails: from the end of a pause to the next. Returns the pause.
Duration fail_once(SiteWorld& site, const std::string& reason = "no route to host") {
  if (site.state() == State::Down) site.handle(Event::Start);
  if (site.state() == State::Waiting) site.expire();
  site.handle(Event::LinkFailed, reason);
  return site.patience();
}

/// A link that lasts so long. Returns the pause after it.
Duration hold(SiteWorld& site, Duration lasting) {
  if (site.state() == State::Down) site.handle(Event::Start);
  if (site.state() == State::Waiting) site.expire();
  site.handle(Event::LinkUp);
  site.now += lasting;
  site.handle(Event::LinkFailed, "no answer to 3 Echo-Requests");
  return site.patience();
}

TEST_F(DialTest, PausesGrowToTheLongestAndStayThere) {
  std::vector<Duration> pauses;
  for (int i = 0; i < 9; ++i) pauses.push_back(fail_once(site));
  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s));
  EXPECT_EQ(site.machine.failures(), 9U);
}

TEST_F(DialTest, PausesAreJitteredIntoTheUpperHalf) {
  site.luck = [](std::uint64_t) { return std::uint64_t{0}; };
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) pauses.push_back(fail_once(site));
  EXPECT_THAT(pauses, ElementsAre(500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s));
}

TEST_F(DialTest, FirstRedialAfterALinkThatHeldIsWithinHalfOfMin) {
  EXPECT_EQ(hold(site, 10s), 500ms);
  site.luck = [](std::uint64_t) { return std::uint64_t{0}; };
  EXPECT_EQ(hold(site, 10s), 0s);
}

TEST_F(DialTest, PausesBeginAnewAfterALinkThatHeld) {
  for (int i = 0; i < 5; ++i) fail_once(site);
  EXPECT_EQ(hold(site, 10s), 500ms);
  EXPECT_EQ(site.machine.failures(), 0U);
  EXPECT_EQ(fail_once(site), 1s);
}

TEST_F(DialTest, LinkThatFallsOverAtOnceIsBrakedLikeOneThatDoesNotComeUp) {
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) pauses.push_back(hold(site, 10s - 1ns));
  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s));
}

// A link that held may end by way of a renegotiation that fails.
TEST_F(DialTest, PausesBeginAnewAlsoWhenTheLinkThatHeldWasRenegotiated) {
  for (int i = 0; i < 5; ++i) fail_once(site);
  site.expire();
  site.handle(Event::LinkUp);
  site.now += 1h;
  site.handle(Event::ReachedLcp);
  site.handle(Event::LinkFailed, "the connection ended in LCP state Req-Sent");
  EXPECT_EQ(site.patience(), 1s);
}

TEST_F(DialTest, RetryBeginsThePausesAnew) {
  for (int i = 0; i < 5; ++i) fail_once(site);
  site.handle(Event::Retry);
  site.handle(Event::LinkFailed, "no route to host");
  EXPECT_EQ(site.patience(), 1s);
}

TEST_F(DialTest, FailureThatARetryCannotMendWaitsLongestAndAlertsOnce) {
  for (int i = 0; i < 3; ++i) {
    if (i == 0) {
      site.handle(Event::Start);
    } else {
      site.expire();
    }
    site.handle(Event::LinkRefused, "host key changed");
    EXPECT_EQ(site.state(), State::Waiting);
    EXPECT_EQ(site.patience(), 60s);
    EXPECT_EQ(site.changes.back().pause, 60s);
    EXPECT_EQ(site.machine.last_error(), "host key changed");
  }
  EXPECT_THAT(site.alerts, ElementsAre("host key changed"));
}

TEST_F(DialTest, AlertIsRaisedAgainWhenTheReasonChanges) {
  site.handle(Event::Start);
  for (const auto* reason :
       {"host key changed", "key refused", "key refused", "host key changed"}) {
    site.handle(Event::LinkRefused, reason);
    site.expire();
  }
  EXPECT_THAT(site.alerts, ElementsAre("host key changed", "key refused", "host key changed"));
}

TEST_F(DialTest, AlertIsNotRaisedAgainForAFailureInBetween) {
  site.handle(Event::Start);
  site.handle(Event::LinkRefused, "key refused");
  fail_once(site);
  site.expire();
  site.handle(Event::LinkRefused, "key refused");
  EXPECT_THAT(site.alerts, ElementsAre("key refused"));
}

TEST_F(DialTest, AlertIsRaisedAgainAfterALink) {
  site.handle(Event::Start);
  site.handle(Event::LinkRefused, "key refused");
  hold(site, 1s);
  site.expire();
  site.handle(Event::LinkRefused, "key refused");
  EXPECT_THAT(site.alerts, ElementsAre("key refused", "key refused"));
}

TEST_F(DialTest, LinkThatIsRefusedWhileUpIsTakenDownAndWaitsLongest) {
  site.bring_to(State::Up);
  site.now += 1h;
  site.handle(Event::LinkRefused, "the bridge reports other addresses");
  EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge"));
  EXPECT_EQ(site.patience(), 60s);
}

TEST_F(DialTest, GivesUpAfterTheProfilesAttempts) {
  SiteWorld limited{ipc::Role::Dial, {1s, 60s, 3}};
  for (int i = 0; i < 3; ++i) fail_once(limited, "attempt " + std::to_string(i + 1));
  EXPECT_EQ(limited.state(), State::Waiting);
  limited.expire();
  EXPECT_EQ(limited.state(), State::Down);
  EXPECT_EQ(limited.changes.back().event, Event::AttemptsSpent);
  EXPECT_EQ(limited.changes.back().reason, "attempt 3");
  EXPECT_EQ(limited.machine.last_error(), "attempt 3");
  EXPECT_THAT(limited.did, IsEmpty());  // the device stays, and with it the refusal of packets
  EXPECT_TRUE(limited.machine.wanted());
  EXPECT_EQ(limited.machine.deadline(), std::nullopt);
}

TEST_F(DialTest, HasAllAttemptsAgainAfterGivingUp) {
  SiteWorld limited{ipc::Role::Dial, {1s, 60s, 2}};
  for (int round = 0; round < 2; ++round) {
    limited.handle(Event::Start);
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(is_stage(limited.state()));
      limited.handle(Event::LinkFailed, "no route to host");
      limited.expire();
    }
    EXPECT_EQ(limited.state(), State::Down);
  }
}

TEST_F(DialTest, HasAllAttemptsAgainAfterALinkThatHeld) {
  SiteWorld limited{ipc::Role::Dial, {1s, 60s, 2}};
  fail_once(limited);
  hold(limited, 10s);
  fail_once(limited);
  limited.expire();
  EXPECT_TRUE(is_stage(limited.state()));
}

TEST_F(DialTest, NeverGivesUpWithoutALimit) {
  for (int i = 0; i < 1000; ++i) fail_once(site);
  EXPECT_EQ(site.state(), State::Waiting);
}

// Attempts of a whole day, each a second long: neither more nor fewer than the pauses allow, and
// each pause measured from the failure before it, not from where an ideal clock would be.
TEST_F(DialTest, ADayOfRedialsKeepsItsPace) {
  std::mt19937_64 random{11};
  site.luck = [&](std::uint64_t bound) { return random() % bound; };
  const auto end = site.now + 24h;
  int attempts = 0;
  site.handle(Event::Start);
  while (site.now < end) {
    ++attempts;
    site.now += 1s;
    site.handle(Event::LinkFailed, "no route to host");
    ASSERT_EQ(site.state(), State::Waiting);
    ASSERT_LE(site.patience(), 60s);
    ASSERT_TRUE(attempts <= 7 || site.patience() >= 30s);
    site.expire();
  }
  EXPECT_GE(attempts, 24 * 3600 / 61);
  EXPECT_LE(attempts, 24 * 3600 / 31 + 7);
  EXPECT_NEAR(attempts, 24 * 3600 / 46, 40);  // the mean pause is 45 s
}

// The owner's timer may be late: a pause is never cut short because the last one was long.
TEST_F(DialTest, LateTimersDoNotAddUp) {
  for (int i = 0; i < 100; ++i) {
    fail_once(site);
    site.now = *site.machine.deadline() + 10min;  // the machine slept
    site.machine.expire(site.now);
    ASSERT_TRUE(is_stage(site.state()));
    ASSERT_EQ(site.patience(), 60s);
  }
  EXPECT_EQ(fail_once(site), 60s);
}

// Links that hold an hour each, cut off all day long: each is back within half a second.
TEST_F(DialTest, ADayOfBrokenLinksIsRedialledPromptlyEachTime) {
  std::mt19937_64 random{12};
  site.luck = [&](std::uint64_t bound) { return random() % bound; };
  std::vector<Duration> pauses;
  for (int hour = 0; hour < 24; ++hour) pauses.push_back(hold(site, 1h));
  EXPECT_THAT(pauses, Each(testing::Le(500ms)));
}

/// What must hold of the deadline in every state.
void expect_deadline_fits(const SiteWorld& site, ipc::Role role) {
  const auto state = site.state();
  const bool due = site.machine.deadline().has_value();
  if (state == State::Down || state == State::Up) {
    ASSERT_FALSE(due) << name(state);
  } else if (state != State::Listening) {  // which has one after a device that failed
    ASSERT_TRUE(due) << name(state);
  }
  if (role == ipc::Role::Dial) {
    ASSERT_NE(state, State::Listening);
  }
}

TEST(SiteMachine, NeverHangsAndNeverWakesForNothingWhateverHappens) {
  for (const auto role : {ipc::Role::Dial, ipc::Role::Answer}) {
    for (const unsigned attempts : {0U, 3U}) {
      std::mt19937 random{attempts};
      SiteWorld site{role, {1s, 60s, attempts}};
      site.luck = [&](std::uint64_t bound) { return random() % bound; };
      for (int step = 0; step < 50000; ++step) {
        site.now += std::chrono::milliseconds{random() % 15000};
        if (site.machine.deadline() && site.now >= *site.machine.deadline()) {
          site.machine.expire(site.now);
        } else {
          const auto event = static_cast<Event>(random() % kEvents);
          site.handle(event, "reason " + std::to_string(random() % 3));
        }
        expect_deadline_fits(site, role);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace tunnel::supervisor::test
