// The evaluator and the kernel, which the compiler has told the same rules, about the same packets:
// what passes, as what it is translated, and what the log says of it.

#include "tests/filter/kernel/comparison.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <utility>

namespace tunnel::filter::test {
namespace {

bool differs(GatewayWire& wire, const Case& about) {
  return Comparison{wire, about}.run() == Comparison::Outcome::Differ;
}

/// What a packet is about moves with it.
Case without_packet(Case from, std::size_t gone) {
  from.packets.erase(from.packets.begin() + static_cast<std::ptrdiff_t>(gone));
  for (auto& packet : from.packets) {
    if (packet.about > gone) --packet.about;
  }
  return from;
}

bool is_asked_about(const Case& about, std::size_t step) {
  for (const auto& packet : about.packets) {
    if (packet.kind != Packet::Kind::Fresh && packet.about == step) return true;
  }
  return false;
}

/// The same difference with as few rules and packets as possible.
Case shrunk(GatewayWire& wire, Case failing) {
  const auto try_smaller = [&](Case smaller) {
    if (smaller.packets.empty() || !differs(wire, smaller)) return false;
    failing = std::move(smaller);
    return true;
  };
  const auto try_without_each = [&](const auto& list_of) {
    for (std::size_t i = list_of(failing).size(); i-- > 0;) {
      auto smaller = failing;
      auto& all = list_of(smaller);
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      try_smaller(std::move(smaller));
    }
  };
  const auto try_without = [&](auto member) {
    try_without_each([&](Case & of) -> auto& { return of.policy.*member; });
    if (failing.before) try_without_each([&](Case & of) -> auto& { return (*of.before).*member; });
  };
  const auto try_without_packets = [&] {
    for (std::size_t i = failing.packets.size(); i-- > 0;) {
      if (!is_asked_about(failing, i)) try_smaller(without_packet(failing, i));
    }
  };
  try_without_packets();
  if (failing.before) {
    auto smaller = failing;
    smaller.before.reset();
    try_smaller(std::move(smaller));
  }
  try_without(&Policy::rules);
  try_without(&Policy::nat);
  try_without_packets();
  return failing;
}

std::string explained(GatewayWire& wire, const Case& failing) {
  Comparison again{wire, failing};
  again.run();
  return again.difference() + "\nwith " + failing.str();
}

/// What all comparisons together have compared.
struct Work {
  std::size_t policies = 0;  // about all packets of their cases
  Comparison::Extent extent{};

  void add(Comparison::Outcome outcome, const Comparison::Extent& more) {
    if (outcome == Comparison::Outcome::Agree) ++policies;
    extent.packets += more.packets;
    extent.passed += more.passed;
    extent.changed += more.changed;
  }

  /// A comparison that compares little would agree as well.
  void expect_enough_of(std::size_t cases) const {
    EXPECT_GT(policies, cases / 2);
    EXPECT_GT(extent.changed, cases / 8);
    EXPECT_GT(extent.packets, 2 * cases);
    EXPECT_GT(extent.passed, extent.packets / 5);
    EXPECT_LT(extent.passed, extent.packets * 4 / 5);
  }
};

/// In parts, so that they can run side by side.
class Agreement : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Agreement, OfEvaluatorAndKernelAboutRandomPoliciesAndPackets) {
  constexpr std::uint64_t kCases = 250;
  GatewayWire wire;
  const auto* wanted = std::getenv("TUNNEL_SEED");
  const auto first =
      wanted == nullptr ? 1 + GetParam() * kCases : std::strtoull(wanted, nullptr, 10);
  const auto count = wanted == nullptr ? kCases : 1;
  Work done;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto about = random_case(seed);
    Comparison comparison{wire, about};
    const auto outcome = comparison.run();
    if (outcome == Comparison::Outcome::Differ) {
      FAIL() << "TUNNEL_SEED=" << seed << ": " << comparison.difference()
             << "\nmade smaller: " << explained(wire, shrunk(wire, about));
    }
    done.add(outcome, comparison.extent());
  }
  std::cout << done.policies << " policies, " << done.extent.changed << " of them by a change, and "
            << done.extent.packets << " packets compared; " << done.extent.passed << " passed\n";
  if (wanted == nullptr) done.expect_enough_of(count);
}

INSTANTIATE_TEST_SUITE_P(InParts, Agreement, testing::Range<std::uint64_t>(0, 8));

}  // namespace
}  // namespace tunnel::filter::test
