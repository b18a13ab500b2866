// A link that is slower than what is sent into it says so: by marks where the flow takes them (RFC
// 3168), else by drops.

#include "tests/session/wire.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>

namespace tunnel::session::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kNotEct = 0;
constexpr std::uint8_t kEct1 = 1;
constexpr std::uint8_t kEct0 = 2;
constexpr std::uint8_t kCe = 3;

/// How often the far end runs: once in so many turns of this one.
constexpr int kSlowness = 20;

class Congestion : public testing::TestWithParam<Policy> {
 protected:
  void SetUp() override {
    wire.a.parts.ppp.lcp.policy.vendor = GetParam();
    ASSERT_TRUE(wire.bring_up());
  }

  /// How many packets that arrived bear each of the four marks.
  using Arrived = std::array<std::size_t, 4>;

  /// Sends more than the far end takes, until `done` says of what arrived that it is enough.
  Arrived overload(std::uint8_t ecn, const std::function<bool(const Arrived&)>& done) {
    auto packet = packet_from(address("10.224.1.1"), 1500);
    packet[1] = ecn;
    Arrived arrived{};
    const auto end = wire.a.now() + 20s;
    for (int turn = 0; !done(arrived) && wire.a.now() < end; ++turn) {
      while (wire.a.put(packet)) continue;
      wire.a.turn(wire.a.now() + 1ms);
      if (turn % kSlowness == 0) wire.b.turn(wire.b.now());
      for (const auto& got : wire.b.take()) ++arrived[got[1] & 3U];
    }
    return arrived;
  }

  std::uint64_t marked() const { return counters().marked; }

  std::uint64_t dropped() const { return counters().codel.packets; }

  Wire wire;

 private:
  queue::Counters counters() const { return wire.a.session->outbound().queue().counters(); }

  void note(std::array<std::size_t, 4>& arrived) {
    for (const auto& packet : wire.b.take()) ++arrived[packet[1] & 3U];
  }
};

TEST_P(Congestion, IsMarkedWhereTheFlowTakesMarks) {
  const auto some_are_marked = [](const Arrived& arrived) { return arrived[kCe] > 2; };
  for (const auto ecn : {kEct0, kEct1}) {
    const auto before = marked();
    const auto arrived = overload(ecn, some_are_marked);
    EXPECT_TRUE(some_are_marked(arrived));
    EXPECT_GT(arrived[ecn], 0U);
    EXPECT_EQ(arrived[kNotEct], 0U);
    EXPECT_LE(arrived[kCe], marked() - before);
    EXPECT_EQ(dropped(), 0U);
    // Those that wait are of the other kind.
    EXPECT_TRUE(wire.run_until([&] {
      wire.b.take();
      return wire.a.session->outbound().empty();
    }));
  }
}

TEST_P(Congestion, IsToldByDropsWhereTheFlowTakesNoMarks) {
  const auto arrived = overload(kNotEct, [&](const Arrived&) { return dropped() > 2; });
  EXPECT_GT(dropped(), 2U);
  EXPECT_EQ(marked(), 0U);
  EXPECT_EQ(arrived[kCe], 0U);
  EXPECT_GT(arrived[kNotEct], 0U);
}

INSTANTIATE_TEST_SUITE_P(Of, Congestion, testing::Values(Policy::Request, Policy::Deny),
                         [](const auto& of) {
                           return std::string{of.param == Policy::Request ? "OurOwnFrames"
                                                                          : "StandardFrames"};
                         });

}  // namespace
}  // namespace tunnel::session::test
