#include "tunneld/supervisor/patience.hpp"

#include "tests/supervisor/site_world.hpp"

namespace tunnel::supervisor::test {
namespace {

TEST(Patience, OfTheDefaultsLetsPppGiveUpFirst) {
  const auto patience = patience_for({});
  EXPECT_EQ(patience.connect, 60s);
  EXPECT_EQ(patience.ppp, 45s);   // 10 requests of 3 s
  EXPECT_EQ(patience.close, 7s);  // 2 requests of 3 s
}

TEST(Patience, GrowsWithTheProfilesTimersAndCounters) {
  const auto patience = patience_for({.restart = 10s, .max_configure = 20, .max_terminate = 4});
  EXPECT_EQ(patience.connect, 60s);
  EXPECT_EQ(patience.ppp, 300s);
  EXPECT_EQ(patience.close, 41s);
}

TEST(Patience, OfAHastyProfileIsNotTooShortForABusyMachine) {
  const auto patience = patience_for({.restart = 100ms, .max_configure = 1, .max_terminate = 1});
  EXPECT_EQ(patience.ppp, 45s);
  EXPECT_EQ(patience.close, 3s);
}

TEST(Patience, OfTheLongestTimersIsStillANumber) {
  const auto patience = patience_for({.restart = 60s, .max_configure = 100, .max_terminate = 100});
  EXPECT_EQ(patience.ppp, 9000s);
  EXPECT_EQ(patience.close, 6001s);
}

class PatientDialTest : public testing::Test {
 protected:
  SiteWorld site{ipc::Role::Dial,
                 {1s, 60s, 0},
                 patience_for({.restart = 10s, .max_configure = 20, .max_terminate = 2})};
};

TEST_F(PatientDialTest, NegotiationMayTakeAsLongAsTheProfileHasIt) {
  site.bring_to(State::Connect);
  EXPECT_EQ(site.patience(), 60s);
  site.handle(Event::ReachedLcp);
  EXPECT_EQ(site.patience(), 300s);
  site.handle(Event::ReachedNcp);
  EXPECT_EQ(site.patience(), 300s);
}

TEST_F(PatientDialTest, FarewellMayTakeAsLongAsTheProfileHasIt) {
  site.bring_to(State::Up);
  site.handle(Event::Stop);
  EXPECT_EQ(site.patience(), 21s);
}

}  // namespace
}  // namespace tunnel::supervisor::test
