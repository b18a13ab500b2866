// The end that answers: claims, replacements, and a device that cannot be made.

#include "tests/supervisor/site_world.hpp"

namespace tunnel::supervisor::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(AnswerTest, StartMakesTheDeviceAndListens) {
  site.handle(Event::Start);
  EXPECT_EQ(site.state(), State::Listening);
  EXPECT_THAT(site.did, ElementsAre("open-device"));
  EXPECT_EQ(site.machine.deadline(), std::nullopt);  // the peer comes when it comes
}

TEST_F(AnswerTest, ClaimIsGrantedAndNegotiates) {
  site.bring_to(State::Listening);
  site.handle(Event::Claimed, "claimed from 198.51.100.10 port 40022");
  EXPECT_EQ(site.state(), State::Lcp);
  EXPECT_THAT(site.did, ElementsAre("open-device", "grant-claim"));
  EXPECT_EQ(site.patience(), 45s);
  site.handle(Event::ReachedNcp);
  site.handle(Event::LinkUp);
  EXPECT_EQ(site.state(), State::Up);
  EXPECT_THAT(site.did, ElementsAre("take-up"));
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
}

constexpr std::array kAnswerStates{State::Down,    State::Listening, State::Resolve,
                                   State::Connect, State::HostKey,   State::Auth,
                                   State::Lcp,     State::PppAuth,   State::Ncp,
                                   State::Up,      State::Closing,   State::Restarting};

INSTANTIATE_TEST_SUITE_P(Answer, AnswerInEveryState, testing::ValuesIn(kAnswerStates), state_name);

TEST_P(AnswerInEveryState, ClaimReplacesAnOlderSessionUnlessTheLinkIsNotWanted) {
  site.bring_to(GetParam());
  const auto deadline = site.machine.deadline();
  site.handle(Event::Claimed, "why");
  const auto state = GetParam();
  if (state == State::Down || state == State::Closing || state == State::Restarting) {
    EXPECT_THAT(site.did, ElementsAre("refuse-claim"));
    EXPECT_EQ(site.state(), state);
    EXPECT_EQ(site.machine.deadline(), deadline);
    return;
  }
  EXPECT_EQ(site.state(), State::Lcp);
  EXPECT_EQ(site.patience(), 45s);
  if (state == State::Up) {
    EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge", "grant-claim"));
  } else if (is_stage(state)) {
    EXPECT_THAT(site.did, ElementsAre("kill-bridge", "grant-claim"));
  }
}

TEST_P(AnswerInEveryState, StopEndsInDownWithoutADevice) {
  site.bring_to(GetParam());
  site.handle(Event::Stop, "tunnelctl down");
  EXPECT_FALSE(site.machine.wanted());
  if (GetParam() == State::Down || GetParam() == State::Listening) {
    EXPECT_THAT(site.did, ElementsAre("remove-device"));
  } else {
    EXPECT_EQ(site.state(), State::Closing);
    EXPECT_LE(site.patience(), 7s);
    site.expire();
    EXPECT_THAT(site.did, ElementsAre("kill-bridge", "remove-device"));
  }
  EXPECT_EQ(site.state(), State::Down);
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
}

TEST_P(AnswerInEveryState, RestartEndsInListening) {
  site.bring_to(GetParam());
  site.handle(Event::Restart, "the profile changed");
  EXPECT_TRUE(site.machine.wanted());
  if (GetParam() == State::Down || GetParam() == State::Listening) {
    EXPECT_THAT(site.did, ElementsAre("open-device"));
  } else {
    EXPECT_EQ(site.state(), State::Restarting);
    site.handle(Event::BridgeGone, "the bridge closed its socket");
    EXPECT_THAT(site.did, ElementsAre("kill-bridge", "open-device"));
  }
  EXPECT_EQ(site.state(), State::Listening);
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
  EXPECT_EQ(site.machine.last_error(), "");
}

TEST_P(AnswerInEveryState, RetryMakesTheDeviceAgainWhereItListens) {
  site.bring_to(GetParam());
  site.handle(Event::Retry);
  EXPECT_EQ(site.state(), GetParam());
  if (GetParam() == State::Listening) {
    EXPECT_THAT(site.did, ElementsAre("open-device"));
  } else {
    EXPECT_THAT(site.did, IsEmpty());
  }
}

TEST_P(AnswerInEveryState, LinkOfAnEarlierDaemonIsAdoptedUnlessThereIsAnother) {
  site.bring_to(GetParam());
  site.handle(Event::Adopted, "adopted bridge 4711");
  const auto state = GetParam();
  if (state != State::Down && state != State::Listening) {
    EXPECT_EQ(site.state(), state);
    EXPECT_THAT(site.did, IsEmpty());
    return;
  }
  EXPECT_EQ(site.state(), State::Up);
  EXPECT_EQ(site.did.back(), "take-up");
  EXPECT_EQ(site.machine.deadline(), std::nullopt);
}

TEST_F(AnswerTest, LostLinkListensAtOnceWhateverTheReason) {
  for (const auto event :
       {Event::LinkFailed, Event::LinkRefused, Event::BridgeGone, Event::Timeout}) {
    for (const auto state : {State::Lcp, State::Ncp, State::Up}) {
      SiteWorld each{ipc::Role::Answer};
      each.bring_to(state);
      each.handle(event, "why");
      EXPECT_EQ(each.state(), State::Listening);
      EXPECT_EQ(each.did.back(), "kill-bridge");
      EXPECT_EQ(each.machine.deadline(), std::nullopt);
      EXPECT_EQ(each.machine.last_error(), "why");
      EXPECT_THAT(each.alerts, IsEmpty());
    }
  }
}

TEST_F(AnswerTest, PeerThatFloodsIsHeldDownForTheLongestPause) {
  site.bring_to(State::Up);
  site.handle(Event::LinkAbused, "the peer floods us");
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge"));
  EXPECT_THAT(site.alerts, ElementsAre("the peer floods us"));
  EXPECT_EQ(site.patience(), 60s);

  site.handle(Event::Claimed);
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_EQ(site.did.back(), "refuse-claim");
  EXPECT_EQ(site.patience(), 60s);

  site.expire();
  EXPECT_EQ(site.state(), State::Listening);
  site.handle(Event::Claimed);
  EXPECT_EQ(site.state(), State::Lcp);
}

TEST_F(AnswerTest, HoldDownEndsWhenTheAdministratorSaysSo) {
  for (const auto event : {Event::Retry, Event::Restart}) {
    SiteWorld each{ipc::Role::Answer};
    each.bring_to(State::Waiting);
    each.handle(event);
    EXPECT_EQ(each.state(), State::Listening);
    EXPECT_EQ(each.machine.deadline(), std::nullopt);
  }
}

TEST_F(AnswerTest, SilentPeerIsGivenUpAfterAWhile) {
  site.bring_to(State::Lcp);
  site.expire();
  EXPECT_EQ(site.state(), State::Listening);
  EXPECT_EQ(site.machine.last_error(), "nothing heard in state lcp");
}

TEST_F(AnswerTest, DeviceThatCannotBeMadeIsTriedAgainWithGrowingPauses) {
  site.handle(Event::Start);
  for (const auto pause : {1s, 2s, 4s, 8s}) {
    site.handle(Event::LinkFailed, "tun0 is taken");
    EXPECT_EQ(site.state(), State::Listening);
    EXPECT_EQ(site.changes.back().pause, pause);
    EXPECT_EQ(site.patience(), pause);
    site.expire();
    EXPECT_THAT(site.did, ElementsAre("open-device"));
    EXPECT_EQ(site.machine.last_error(), "tun0 is taken");
  }
  EXPECT_EQ(site.machine.deadline(), std::nullopt);  // no news is good news
}

TEST_F(AnswerTest, DeviceTroubleOfLongAgoIsForgottenByALinkAndByTheAdministrator) {
  for (const auto& cure :
       {std::vector{Event::Claimed, Event::LinkUp, Event::BridgeGone}, std::vector{Event::Retry},
        std::vector{Event::Restart}, std::vector{Event::Stop, Event::Start}}) {
    SiteWorld each{ipc::Role::Answer};
    each.handle(Event::Start);
    for (int i = 0; i < 5; ++i) each.handle(Event::LinkFailed, "tun0 is taken");
    for (const auto event : cure) each.handle(event);
    EXPECT_EQ(each.state(), State::Listening);
    EXPECT_EQ(each.machine.deadline(), std::nullopt);
    each.handle(Event::LinkFailed, "tun0 is taken");
    EXPECT_EQ(each.patience(), 1s);
  }
}

TEST_F(AnswerTest, RenegotiationTakesTheLinkDownAndUpAgain) {
  site.bring_to(State::Up);
  site.handle(Event::ReachedLcp);
  EXPECT_THAT(site.did, ElementsAre("take-down"));
  site.handle(Event::LinkUp);
  EXPECT_THAT(site.did, ElementsAre("take-up"));
}

}  // namespace
}  // namespace tunnel::supervisor::test
