#include "pppd-bridge/session/acknowledger.hpp"

#include <gtest/gtest.h>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1h};

TEST(AcknowledgerTest, TellsALittleAfterAMoment) {
  Acknowledger acknowledger;
  acknowledger.read(1000, kBegin);
  EXPECT_FALSE(acknowledger.due(kBegin + Acknowledger::kDelay - 1us));
  EXPECT_TRUE(acknowledger.due(kBegin + Acknowledger::kDelay));
  EXPECT_EQ(acknowledger.deadline(), kBegin + Acknowledger::kDelay);
}

TEST(AcknowledgerTest, TellsMuchAtOnce) {
  Acknowledger acknowledger;
  acknowledger.read(Acknowledger::kOctets, kBegin);
  EXPECT_TRUE(acknowledger.due(kBegin));
}

TEST(AcknowledgerTest, TellsWhenItWasReadHoweverLongThatHasWaited) {
  Acknowledger acknowledger;
  acknowledger.read(1000, kBegin);
  acknowledger.read(2000, kBegin + 1ms);
  acknowledger.read(2000, kBegin + 4ms);  // nothing new
  const auto told = acknowledger.tell();
  EXPECT_EQ(told.octets, 2000U);
  EXPECT_EQ(told.at, kBegin + 1ms);
  EXPECT_FALSE(acknowledger.pending());
}

TEST(AcknowledgerTest, TellsWhatWasPutOffWhenThatIsPossibleAgain) {
  Acknowledger acknowledger;
  acknowledger.read(1000, kBegin);
  acknowledger.put_off(std::nullopt);
  EXPECT_FALSE(acknowledger.pending());
  acknowledger.resume(kBegin + 1s);
  EXPECT_TRUE(acknowledger.due(kBegin + 1s));
  EXPECT_EQ(acknowledger.tell().at, kBegin);
  acknowledger.resume(kBegin + 2s);
  EXPECT_FALSE(acknowledger.pending()) << "there is nothing untold";
}

}  // namespace
}  // namespace tunnel::session::test
