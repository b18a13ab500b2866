#include "tunneld/supervisor/proof_brake.hpp"

#include "tests/supervisor/site_world.hpp"

namespace tunnel::supervisor::test {
namespace {

using testing::ElementsAre;

void refuse(ProofBrake& brake, int times) {
  for (int i = 0; i < times; ++i) brake.refused();
}

TEST(ProofBrake, LetsSlipsOfThePenPass) {
  ProofBrake brake;
  EXPECT_EQ(brake.reason(), std::nullopt);
  refuse(brake, 4);
  EXPECT_EQ(brake.reason(), std::nullopt);
}

TEST(ProofBrake, HoldsFromTheFifthRefusalOn) {
  ProofBrake brake;
  refuse(brake, 5);
  EXPECT_EQ(brake.reason(), "PPP secret refused 5 times");
  brake.refused();
  EXPECT_EQ(brake.reason(), "PPP secret refused 6 times");
}

TEST(ProofBrake, HoldsNobodyForWhatAnEarlierSessionDid) {
  ProofBrake brake;
  refuse(brake, 7);
  brake.begin_session();
  EXPECT_EQ(brake.reason(), std::nullopt);  // it may end for another reason
  brake.refused();
  EXPECT_EQ(brake.reason(), "PPP secret refused 8 times");
}

TEST(ProofBrake, IsToldOnceUntilItIsReleased) {
  ProofBrake brake;
  EXPECT_TRUE(brake.tell());
  EXPECT_FALSE(brake.tell());
  brake.release();
  EXPECT_TRUE(brake.tell());
}

TEST(ProofBrake, CountsAnewAfterASuccess) {
  ProofBrake brake;
  refuse(brake, 4);
  brake.release();
  refuse(brake, 4);
  EXPECT_EQ(brake.reason(), std::nullopt);
}

/// One link that ends with a refused proof too many. Returns how long nobody is answered.
Duration hold_down(SiteWorld& site) {
  site.handle(Event::Claimed);
  site.handle(Event::ReachedPppAuth);
  site.handle(Event::ProofsRefused, "PPP secret refused 5 times");
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_THAT(site.did, ElementsAre("kill-bridge"));
  EXPECT_EQ(site.machine.last_error(), "PPP secret refused 5 times");
  return site.patience();
}

TEST_F(AnswerTest, WhoseProofsAreRefusedIsHeldDownForPausesThatGrow) {
  site.bring_to(State::Listening);
  std::vector<Duration> pauses;
  for (int i = 0; i < 8; ++i) {
    pauses.push_back(hold_down(site));
    site.handle(Event::Claimed);
    EXPECT_THAT(site.did, ElementsAre("refuse-claim"));
    site.expire();
    EXPECT_EQ(site.state(), State::Listening);
  }
  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s));
}

TEST_F(AnswerTest, PausesForRefusedProofsBeginAnewAfterALinkAndWhenTheAdministratorSaysSo) {
  for (const auto& cure :
       {std::vector{Event::Retry}, std::vector{Event::Restart},
        std::vector{Event::Timeout, Event::Claimed, Event::LinkUp, Event::BridgeGone}}) {
    SiteWorld each{ipc::Role::Answer};
    each.bring_to(State::Listening);
    hold_down(each);
    for (const auto event : cure) each.handle(event);
    EXPECT_EQ(each.state(), State::Listening);
    EXPECT_EQ(hold_down(each), 1s);
  }
}

TEST_F(AnswerTest, WhoseProofsAreRefusedWhileTheLinkIsUpIsHeldDownToo) {
  site.bring_to(State::Up);
  site.handle(Event::ProofsRefused, "PPP secret refused 5 times");
  EXPECT_EQ(site.state(), State::Waiting);
  EXPECT_THAT(site.did, ElementsAre("take-down", "kill-bridge"));
}

}  // namespace
}  // namespace tunnel::supervisor::test
