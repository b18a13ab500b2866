// The end that dials: attempts, stages, failures, and what an administrator may say when.

#include "tests/supervisor/site_world.hpp"

namespace tunnel::supervisor::test {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(DialTest, IsDownAndWantsNothingAtFirst) {
  EXPECT_EQ(site.state(), State::Down);
  EXPECT_FALSE(site.machine.wanted());
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
  EXPECT_EQ(site.machine.last_error(), "");
}

TEST_F(DialTest, FirstAttemptBeginsAtOnce) {
  site.handle(Event::Start);
  EXPECT_EQ(site.state(), State::Resolve);
  EXPECT_THAT(site.did, ElementsAre("open-device", "start-bridge"));
  EXPECT_TRUE(site.machine.wanted());
  EXPECT_EQ(site.machine.since(), site.now);
}

TEST_F(DialTest, GoesThroughAllStagesToUp) {
  site.handle(Event::Start);
  for (const auto stage : kStages) {
    site.now += 100ms;
    site.handle(reached(stage));
    EXPECT_EQ(site.state(), stage);
    EXPECT_THAT(site.did, IsEmpty());
  }
  site.now += 100ms;
  site.handle(Event::LinkUp);
  EXPECT_EQ(site.state(), State::Up);
  EXPECT_THAT(site.did, ElementsAre("take-up"));
  EXPECT_EQ(site.machine.since(), site.now);
}

TEST_F(DialTest, EveryChangeOfStateIsTold) {
  site.bring_to(State::Lcp);
  site.handle(Event::LinkUp);
  site.now += 1h;
  site.handle(Event::LinkFailed, "no answer to 3 Echo-Requests");
  ASSERT_THAT(site.changes, SizeIs(2));
  EXPECT_EQ(site.changes[0].from, State::Lcp);
  EXPECT_EQ(site.changes[0].to, State::Up);
  EXPECT_EQ(site.changes[0].event, Event::LinkUp);
  EXPECT_EQ(site.changes[0].pause, std::nullopt);
  EXPECT_EQ(site.changes[1].from, State::Up);
  EXPECT_EQ(site.changes[1].to, State::Waiting);
  EXPECT_EQ(site.changes[1].reason, "no answer to 3 Echo-Requests");
  EXPECT_EQ(site.changes[1].pause, 500ms);
}

TEST_F(DialTest, StageReachedAgainIsNoChangeButHasItsTimeAnew) {
  site.bring_to(State::Lcp);
  const auto since = site.machine.since();
  site.now += 40s;
  site.handle(Event::ReachedLcp);
  EXPECT_THAT(site.changes, IsEmpty());
  EXPECT_EQ(site.machine.since(), since);
  EXPECT_EQ(site.patience(), 45s);
}

TEST_F(DialTest, RenegotiationTakesTheLinkDownAndUpAgain) {
  site.bring_to(State::Up);
  site.handle(Event::ReachedLcp);
  EXPECT_EQ(site.state(), State::Lcp);
  EXPECT_THAT(site.did, ElementsAre("take-down"));
  site.handle(Event::LinkUp);
  EXPECT_EQ(site.state(), State::Up);
  EXPECT_THAT(site.did, ElementsAre("take-up"));
}

class DialInEveryStage : public DialTest, public testing::WithParamInterface<State> {};

INSTANTIATE_TEST_SUITE_P(Dial, DialInEveryStage, testing::ValuesIn(kStages), state_name);

TEST_P(DialInEveryStage, FailureIsFollowedByAPauseAndAnotherAttempt) {
  for (const auto event : {Event::LinkFailed, Event::BridgeGone, Event::Timeout}) {
    SiteWorld each{ipc::Role::Dial};
    each.bring_to(GetParam());
    each.handle(event, "no route to host");
    EXPECT_EQ(each.state(), State::Waiting);
    EXPECT_THAT(each.did, ElementsAre("kill-bridge"));
    EXPECT_EQ(each.machine.last_error(), "no route to host");
    EXPECT_EQ(each.patience(), 1s);
    EXPECT_THAT(each.changes, ElementsAre(Field(&Transition::pause, 1s)));
    each.expire();
    EXPECT_EQ(each.state(), State::Resolve);
    EXPECT_THAT(each.did, ElementsAre("open-device", "start-bridge"));
  }
}

TEST_P(DialInEveryStage, GoingToAndFroIsEndedAfterAllOfTheirTimes) {
  site.bring_to(GetParam());
  const auto begin = site.now;
  int steps = 0;
  for (auto next = State::Connect; is_stage(site.state()) && steps < 1000; ++steps) {
    site.now = std::min(site.now + 30s, *site.machine.deadline());
    site.machine.expire(site.now);
    site.handle(reached(next));
    next = next == State::Connect ? State::Auth : State::Connect;
  }
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_EQ(site.now - begin, patience_for({}).attempt());
  EXPECT_EQ(site.machine.last_error(), "no link after all the time that its stages have together");
}

TEST_P(DialInEveryStage, SilenceIsEndedAfterAWhile) {
  site.bring_to(GetParam());
  const bool ppp = GetParam() >= State::Lcp;
  EXPECT_EQ(site.patience(), ppp ? 45s : 60s);
  site.now = *site.machine.deadline() - 1ns;
  site.machine.expire(site.now);
  EXPECT_EQ(site.state(), GetParam());
  site.expire();
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_THAT(site.did, ElementsAre("kill-bridge"));
  EXPECT_EQ(site.machine.last_error(), "nothing heard in state " + std::string{name(GetParam())});
}

TEST_F(DialTest, BridgeThatHangsWhileUpIsReplaced) {
  site.bring_to(State::Up);
  site.handle(Event::Timeout, "the bridge does not answer");
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge"));
  EXPECT_EQ(site.machine.last_error(), "the bridge does not answer");
}

TEST_F(DialTest, ErrorIsForgottenWhenTheLinkIsUp) {
  site.bring_to(State::Waiting);
  EXPECT_EQ(site.machine.last_error(), "no route to host");
  site.expire();
  EXPECT_EQ(site.machine.last_error(), "no route to host");  // still why it is not up
  site.handle(Event::LinkUp);
  EXPECT_EQ(site.machine.last_error(), "");
}

TEST_F(DialTest, NewsOfABridgeThatIsGoneChangesNothing) {
  for (const auto state : {State::Down, State::Waiting, State::Closing, State::Restarting}) {
    for (const auto event :
         {Event::LinkUp, Event::LinkFailed, Event::LinkRefused, Event::ReachedLcp}) {
      SiteWorld each{ipc::Role::Dial};
      each.bring_to(state);
      const auto deadline = each.machine.deadline();
      const auto error = each.machine.last_error();
      each.handle(event, "late");
      EXPECT_EQ(each.state(), state);
      EXPECT_THAT(each.did, IsEmpty());
      EXPECT_THAT(each.changes, IsEmpty());
      EXPECT_EQ(each.machine.deadline(), deadline);
      EXPECT_EQ(each.machine.last_error(), error);
    }
  }
}

TEST_F(DialTest, NothingIsDueBeforeItsTime) {
  site.bring_to(State::Waiting);
  site.machine.expire(site.now + 999ms);
  EXPECT_EQ(site.state(), State::Waiting);
  site.machine.expire(site.now + 1s);
  EXPECT_EQ(site.state(), State::Resolve);
}

constexpr std::array kDialStates{State::Down,    State::Waiting, State::Resolve, State::Connect,
                                 State::HostKey, State::Auth,    State::Lcp,     State::PppAuth,
                                 State::Ncp,     State::Up,      State::Closing, State::Restarting};

INSTANTIATE_TEST_SUITE_P(Dial, DialInEveryState, testing::ValuesIn(kDialStates), state_name);

TEST_P(DialInEveryState, StopEndsInDownWithoutADevice) {
  site.bring_to(GetParam());
  site.handle(Event::Stop, "tunnelctl down");
  EXPECT_FALSE(site.machine.wanted());
  EXPECT_EQ(site.machine.last_error(), "");
  if (GetParam() == State::Down || GetParam() == State::Waiting) {
    EXPECT_THAT(site.did, ElementsAre("remove-device"));
  } else {
    EXPECT_EQ(site.state(), State::Closing);
    site.handle(Event::BridgeGone, "pppd-bridge ended");
    EXPECT_THAT(site.did, ElementsAre("kill-bridge", "remove-device"));
  }
  EXPECT_EQ(site.state(), State::Down);
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
  EXPECT_EQ(site.machine.last_error(), "");  // it was told to end
  EXPECT_EQ(site.machine.failures(), 0U);
}

TEST_P(DialInEveryState, RestartEndsInANewAttempt) {
  site.bring_to(GetParam());
  site.handle(Event::Restart, "tunnelctl restart");
  EXPECT_TRUE(site.machine.wanted());
  if (GetParam() != State::Down && GetParam() != State::Waiting) {
    EXPECT_EQ(site.state(), State::Restarting);
    site.handle(Event::BridgeGone, "pppd-bridge ended");
    EXPECT_THAT(site.did, ElementsAre("kill-bridge", "open-device", "start-bridge"));
  } else {
    EXPECT_THAT(site.did, ElementsAre("open-device", "start-bridge"));
  }
  EXPECT_EQ(site.state(), State::Resolve);
  EXPECT_NE(site.machine.last_error(), "pppd-bridge ended");  // it was told to end
  EXPECT_EQ(site.patience(), 60s);
}

TEST_P(DialInEveryState, RetryTriesAtOnceInAPauseAndElsewhereChangesNothing) {
  site.bring_to(GetParam());
  const auto deadline = site.machine.deadline();
  site.handle(Event::Retry, "tunnelctl retry");
  if (GetParam() == State::Waiting) {
    EXPECT_EQ(site.state(), State::Resolve);
    EXPECT_THAT(site.did, ElementsAre("open-device", "start-bridge"));
    EXPECT_EQ(site.machine.failures(), 0U);
  } else {
    EXPECT_EQ(site.state(), GetParam());
    EXPECT_THAT(site.did, IsEmpty());
    EXPECT_EQ(site.machine.deadline(), deadline);
  }
}

TEST_P(DialInEveryState, ClaimIsNeverGranted) {
  site.bring_to(GetParam());
  const auto deadline = site.machine.deadline();
  site.handle(Event::Claimed, "this end dials");
  EXPECT_EQ(site.state(), GetParam());
  EXPECT_EQ(site.machine.deadline(), deadline);
  // In an attempt the owner refuses what the machine has no use for.
  if (is_stage(GetParam())) {
    EXPECT_THAT(site.did, IsEmpty());
  } else {
    EXPECT_THAT(site.did, ElementsAre("refuse-claim"));
  }
}

TEST_F(DialTest, BridgeThatDoesNotEndIsKilledAfterAWhile) {
  for (const auto state : {State::Closing, State::Restarting}) {
    SiteWorld each{ipc::Role::Dial};
    each.bring_to(state);
    EXPECT_EQ(each.patience(), 7s);
    each.expire();
    EXPECT_EQ(each.did.front(), "kill-bridge");
    EXPECT_EQ(each.state(), state == State::Closing ? State::Down : State::Resolve);
    EXPECT_EQ(each.machine.last_error(), "");
  }
}

TEST_F(DialTest, DownIsStoppedGentlyFirst) {
  site.bring_to(State::Up);
  site.handle(Event::Stop);
  EXPECT_THAT(site.did, ElementsAre("take-down", "stop-bridge"));
}

TEST_F(DialTest, UpWhileClosingBeginsAgainWhenTheBridgeIsGone) {
  site.bring_to(State::Closing);
  site.now += 2s;
  site.handle(Event::Start);
  EXPECT_EQ(site.state(), State::Restarting);
  EXPECT_EQ(site.patience(), 5s);  // of the seven that the bridge was given
  site.handle(Event::BridgeGone);
  EXPECT_EQ(site.state(), State::Resolve);
  EXPECT_TRUE(site.machine.wanted());
}

TEST_F(DialTest, DownWhileRestartingStaysDown) {
  site.bring_to(State::Restarting);
  site.handle(Event::Stop);
  EXPECT_EQ(site.state(), State::Closing);
  site.handle(Event::BridgeGone);
  EXPECT_EQ(site.state(), State::Down);
  EXPECT_FALSE(site.machine.wanted());
}

TEST_F(DialTest, DownASecondTimeWaitsNoLonger) {
  site.bring_to(State::Closing);
  site.now += 2s;
  site.handle(Event::Stop);
  EXPECT_EQ(site.state(), State::Closing);
  EXPECT_EQ(site.patience(), 5s);
}

TEST_F(DialTest, LinkOfAnEarlierDaemonIsAdopted) {
  for (const auto state : {State::Down, State::Waiting}) {
    SiteWorld each{ipc::Role::Dial};
    each.bring_to(state);
    each.handle(Event::Adopted, "adopted bridge 4711");
    EXPECT_EQ(each.state(), State::Up);
    EXPECT_THAT(each.did, ElementsAre("take-up"));
    EXPECT_EQ(each.machine.deadline(), std::nullopt);
    EXPECT_EQ(each.machine.last_error(), "");
    EXPECT_TRUE(each.machine.wanted());
  }
}

TEST_F(DialTest, AdoptedLinkThatBreaksIsRedialled) {
  site.handle(Event::Adopted);
  site.now += 1h;
  site.handle(Event::BridgeGone, "killed by signal 9");
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_LE(site.patience(), 500ms);
  site.expire();
  EXPECT_THAT(site.did, ElementsAre("open-device", "start-bridge"));
}

}  // namespace
}  // namespace tunnel::supervisor::test
