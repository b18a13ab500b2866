// Tens of thousands of links between two ends whose options, secrets and wire are drawn by lot:
// each opens or ends with a reason, in bounded virtual time, with a bounded number of packets.

#include "tests/ppp/chosen_options.hpp"
#include "tests/ppp/obstacles.hpp"
#include "tests/ppp/settling.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tunnel::ppp::test {
namespace {

using Kind = DownReason::Kind;

constexpr unsigned kPerfectRuns = 20'000;
constexpr unsigned kFaultyRuns = 20'000;
/// Ten requests at most, three seconds apart, of LCP, of authentication and of the layer above; on
/// a wire that loses them, each may begin anew.
constexpr Duration kLimit = 400s;

/// What one seed makes.
struct Drawn {
  explicit Drawn(std::uint32_t number) : seed{number}, random{number} {
    pair = ChosenPair::choose([this](std::uint32_t count) { return below(count); });
  }

  std::uint32_t below(std::uint32_t count) { return static_cast<std::uint32_t>(random()) % count; }

  Faults faults() {
    Faults out;
    out.lost = below(2) == 0 ? below(41) : 0;
    out.doubled = below(2) == 0 ? below(31) : 0;
    out.damaged = below(4) == 0 ? below(11) : 0;
    out.late = below(2) == 0 ? below(51) : 0;
    return out;
  }

  std::uint32_t seed;
  std::minstd_rand random;
  ChosenPair pair;
};

bool ended_by(const End& end, Kind kind) {
  return !end.finished_reasons.empty() && end.finished_reasons[0].kind == kind;
}

std::string words_of(const FakeWire& wire) {
  return "a: \"" + wire.a.reason() + "\", b: \"" + wire.b.reason() + "\"";
}

/// For whoever has to find out what went wrong with a seed.
void tell_story(const FakeWire& wire, const Foreseen& foreseen) {
  for (const auto& obstacle : foreseen.reasons) {
    ADD_FAILURE() << "foreseen by " << (obstacle.noticed_by_first ? "a: " : "b: ") << obstacle.what;
  }
  for (const auto* end : {&wire.a, &wire.b}) {
    std::string story = end == &wire.a ? "a:" : "b:";
    for (const auto& line : end->lines) story += "\n  " + line;
    ADD_FAILURE() << story;
  }
}

/// What holds of every end, whatever has happened to it.
void check_end(const End& end, Duration lasted) {
  const auto seconds =
      static_cast<std::size_t>(std::chrono::ceil<std::chrono::seconds>(lasted) / 1s);
  // A negotiation at the start, ten packets a second at most beyond that.
  EXPECT_LE(end.sent.size(), 60 + 10 * seconds);
  EXPECT_EQ(end.agreed.has_value(), end.link.network_open());
  EXPECT_LE(end.finished_reasons.size(), 1U);
  for (const auto& reason : end.finished_reasons) EXPECT_NE(reason.text, "");
}

void check_ended(const End& end) {
  EXPECT_EQ(end.network_ups == 0, end.network_downs == 0);
  EXPECT_FALSE(end.agreed);
  EXPECT_EQ(end.link.phase(), Phase::Dead);
  EXPECT_FALSE(end.link.deadline());
}

/// Both ends mean the same by what they have agreed on.
void check_agreement(const End& a, const End& b) {
  ASSERT_TRUE(a.agreed && b.agreed);
  EXPECT_EQ(a.agreed->receive_mru, b.agreed->transmit_mru);
  EXPECT_EQ(a.link.transmit_format().accm, b.receive_format.accm);
  EXPECT_EQ(a.link.transmit_format().fcs, b.receive_format.fcs);
  if (a.agreed->ipv4 && b.agreed->ipv4) {
    EXPECT_EQ(a.agreed->ipv4->local, b.agreed->ipv4->remote);
  }
  if (a.agreed->ipv6 && b.agreed->ipv6) {
    EXPECT_EQ(a.agreed->ipv6->local, b.agreed->ipv6->remote);
  }
}

/// Servers that one end has asked for are those that the other one's profile has.
void check_name_servers(const End& end, const IpcpWishes& ours, const IpcpWishes& theirs) {
  if (!end.agreed || !end.agreed->ipv4) return;
  const auto expected = [](Policy asked, Policy told, const std::vector<Ipv4Address>& known) {
    return asks(asked) && grants(told) ? known : std::vector<Ipv4Address>{};
  };
  EXPECT_EQ(end.agreed->ipv4->dns, expected(ours.dns_policy, theirs.dns_policy, theirs.dns));
  EXPECT_EQ(end.agreed->ipv4->nbns, expected(ours.nbns_policy, theirs.nbns_policy, theirs.nbns));
}

void check_open_pair(const FakeWire& wire, const ChosenPair& pair) {
  ASSERT_TRUE(wire.both_open());
  EXPECT_EQ(wire.a.agreed->ipv4.has_value(), wire.b.agreed->ipv4.has_value());
  EXPECT_EQ(wire.a.agreed->ipv6.has_value(), wire.b.agreed->ipv6.has_value());
  EXPECT_EQ(wire.a.link.compresses(), wire.b.link.decompresses());
  EXPECT_EQ(wire.b.link.compresses(), wire.a.link.decompresses());
  check_agreement(wire.a, wire.b);
  check_agreement(wire.b, wire.a);
  check_name_servers(wire.a, pair.first.ipv4, pair.second.ipv4);
  check_name_servers(wire.b, pair.second.ipv4, pair.first.ipv4);
}

/// Ends what is still open, as its supervisor would, and looks at what is left.
void end_and_check(FakeWire& wire, Settled settled, TimePoint begun) {
  check_end(wire.a, wire.now - begun);
  check_end(wire.b, wire.now - begun);
  if (settled == Settled::Open) wire.down();
  check_ended(wire.a);
  check_ended(wire.b);
}

void run_perfect(std::uint32_t seed, unsigned& opened) {
  Drawn drawn{seed};
  FakeWire wire{drawn.pair.first, drawn.pair.second, seed};
  drawn.pair.share_secrets(wire);
  const auto begun = wire.now;
  const auto foreseen = Foreseen::of(drawn.pair);
  wire.up();
  wire.run(1s);
  if (foreseen.outcome == Foreseen::Outcome::Open) {
    EXPECT_TRUE(wire.both_open()) << words_of(wire);
  }
  const auto settled = settle(wire, kLimit);
  EXPECT_NE(settled, Settled::Neither) << words_of(wire);
  if (settled == Settled::Open) {
    ++opened;
    check_open_pair(wire, drawn.pair);
  }
  if (foreseen.outcome == Foreseen::Outcome::End) {
    EXPECT_EQ(settled, Settled::Finished);
    EXPECT_TRUE(std::any_of(foreseen.reasons.begin(), foreseen.reasons.end(),
                            [&wire](const Obstacle& obstacle) {
                              return ended_by(obstacle.noticed_by_first ? wire.a : wire.b,
                                              obstacle.kind);
                            }))
        << words_of(wire);
  }
  end_and_check(wire, settled, begun);
  if (testing::Test::HasFailure()) tell_story(wire, foreseen);
}

void run_faulty(std::uint32_t seed, unsigned& opened) {
  Drawn drawn{seed};
  const auto faults = drawn.faults();
  FakeWire wire{drawn.pair.first, drawn.pair.second, seed, faults};
  drawn.pair.share_secrets(wire);
  const auto begun = wire.now;
  const auto foreseen = Foreseen::of(drawn.pair);
  wire.up();
  wire.run(30s);
  wire.become_perfect();
  const auto settled = settle(wire, kLimit);
  EXPECT_NE(settled, Settled::Neither) << words_of(wire);
  if (settled == Settled::Open) {
    ++opened;
    // Damage that the FCS would have found may have become anything, and what comes late from an
    // earlier negotiation counts as the latest word. With all its requests lost, one end may have
    // given up a family, or compression, that the other one has opened.
    if (faults.damaged == 0 && faults.late == 0) check_agreement(wire.a, wire.b);
    if (faults.damaged == 0 && !foreseen.takes_ipcp) {
      EXPECT_NE(foreseen.outcome, Foreseen::Outcome::End);
    }
  }
  end_and_check(wire, settled, begun);
  if (testing::Test::HasFailure()) tell_story(wire, foreseen);
}

/// Each seed until one fails, which is named.
template <typename Run>
unsigned run_seeds(std::uint32_t first, unsigned runs, Run run) {
  unsigned opened = 0;
  for (auto seed = first; seed < first + runs; ++seed) {
    run(seed, opened);
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "seed " << seed;
      break;
    }
  }
  return opened;
}

TEST(Simulation, OfPerfectWiresEndsAsTheOptionsSay) {
  const auto opened = run_seeds(1, kPerfectRuns, run_perfect);
  EXPECT_GT(opened, kPerfectRuns / 4);
  EXPECT_LT(opened, kPerfectRuns);
}

TEST(Simulation, OfBadWiresOpensOrEndsWithAReason) {
  const auto opened = run_seeds(1'000'001, kFaultyRuns, run_faulty);
  EXPECT_GT(opened, kFaultyRuns / 4);
}

}  // namespace
}  // namespace tunnel::ppp::test
