#include "pppd-bridge/queue/codel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace tunnel::queue::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr CodelTarget kAim{5ms, 100ms};
constexpr std::uint32_t kMtu = 1500;
constexpr std::uint64_t kLong = 100 * kMtu;  // octets of a queue that is not short
constexpr Duration kPacketTime = 100us;

class CodelTest : public testing::Test {
 protected:
  bool signals(Duration sojourn, std::uint64_t held = kLong) {
    return codel.judge(sojourn, held, kMtu, kAim, now) == Codel::Verdict::Signal;
  }

  /// When there were signals, in milliseconds from the beginning, while packets leave for `time`
  /// that have waited for `sojourn`.
  std::vector<double> run(Duration time, Duration sojourn, std::uint64_t held = kLong) {
    std::vector<double> moments;
    const auto begin = now;
    for (; now < begin + time; now += kPacketTime) {
      if (!signals(sojourn, held)) continue;
      moments.push_back(std::chrono::duration<double, std::milli>(now - begin).count());
    }
    return moments;
  }

  Codel codel;
  TimePoint now{1h};
};

TEST_F(CodelTest, ADelayBelowTheTargetIsNeverSignalled) {
  EXPECT_THAT(run(10s, 4999us), IsEmpty());
}

TEST_F(CodelTest, ADelayAboveTheTargetIsSignalledAfterAnInterval) {
  EXPECT_THAT(run(99ms, 6ms), IsEmpty());
  EXPECT_THAT(run(2ms, 6ms), SizeIs(1));
}

// RFC 8289 §3.3: the next drop comes after interval / sqrt(count).
TEST_F(CodelTest, SignalsFollowTheInverseSquareRoot) {
  const auto moments = run(1s, 20ms);
  ASSERT_THAT(moments, SizeIs(testing::Ge(20U)));
  double expected = 100;
  for (std::size_t i = 0; i < moments.size(); ++i) {
    EXPECT_NEAR(moments[i], expected, 0.11) << "signal " << i;
    expected += 100 / std::sqrt(static_cast<double>(i + 1));
  }
}

TEST_F(CodelTest, OneGoodPacketInAnIntervalIsEnough) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(run(90ms, 50ms), IsEmpty());
    EXPECT_FALSE(signals(1ms));
  }
}

TEST_F(CodelTest, OneGoodPacketEndsTheSignals) {
  run(500ms, 20ms);
  EXPECT_FALSE(signals(4ms));
  EXPECT_THAT(run(99ms, 20ms), IsEmpty());
}

TEST_F(CodelTest, AnEmptyQueueEndsTheSignals) {
  run(500ms, 20ms);
  codel.emptied();
  EXPECT_THAT(run(99ms, 20ms), IsEmpty());
}

// RFC 8289 §5.5: "if the queue was in the dropping state recently".
TEST_F(CodelTest, SignalsGoOnWhereTheyEndedAMomentAgo) {
  EXPECT_THAT(run(1s, 20ms), SizeIs(27));
  codel.emptied();
  now += 100ms;
  EXPECT_THAT(run(300ms, 20ms), SizeIs(12));  // 3 if it began anew
}

TEST_F(CodelTest, SignalsBeginAnewAfterALongPause) {
  run(1s, 20ms);
  codel.emptied();
  now += 2s;                                 // 16 intervals are 1.6 s
  EXPECT_THAT(run(299ms, 20ms), SizeIs(3));  // at 100, 200 and 270 ms
}

TEST_F(CodelTest, AQueueOfTwoPacketsOfTheWireIsNeverSignalled) {
  EXPECT_THAT(run(10s, 1s, 2 * kMtu), IsEmpty());
  EXPECT_THAT(run(10s, 1s, 2 * kMtu + 1), SizeIs(testing::Gt(100U)));
}

// What Linux mended in 2015: with the largest packet for the bound, this flow would be let be.
TEST_F(CodelTest, ALoneSuperPacketIsAQueue) {
  EXPECT_THAT(run(1s, 52ms, 65535), SizeIs(testing::Gt(10U)));
}

TEST_F(CodelTest, DropsForWantOfRoomMakeTheNextSignalsCloser) {
  run(101ms, 20ms);
  codel.add_drops(99);
  run(100ms, 20ms);
  EXPECT_THAT(run(100ms, 20ms), SizeIs(testing::Ge(9U)));
}

}  // namespace
}  // namespace tunnel::queue::test
