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
  const auto try_without = [&](auto member) {
    for (std::size_t i = (failing.*member).size(); i-- > 0;) {
      auto smaller = failing;
      auto& all = smaller.*member;
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      try_smaller(std::move(smaller));
    }
  };
  const auto try_without_packets = [&] {
    for (std::size_t i = failing.packets.size(); i-- > 0;) {
      if (!is_asked_about(failing, i)) try_smaller(without_packet(failing, i));
    }
  };
  try_without_packets();
  try_without(&Case::rules);
  try_without(&Case::nat);
  try_without_packets();
  return failing;
}

/// In parts, so that they can run side by side.
class Agreement : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Agreement, OfEvaluatorAndKernelAboutRandomPoliciesAndPackets) {
  constexpr std::uint64_t kCases = 500;
  GatewayWire wire;
  const auto* wanted = std::getenv("TUNNEL_SEED");
  const auto first =
      wanted == nullptr ? 1 + GetParam() * kCases : std::strtoull(wanted, nullptr, 10);
  const auto count = wanted == nullptr ? kCases : 1;
  std::size_t compared = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto about = random_case(seed);
    Comparison comparison{wire, about};
    const auto outcome = comparison.run();
    if (outcome != Comparison::Outcome::NotForTheKernel) ++compared;
    if (outcome != Comparison::Outcome::Differ) continue;
    const auto small = shrunk(wire, about);
    Comparison again{wire, small};
    again.run();
    FAIL() << "TUNNEL_SEED=" << seed << ": " << comparison.difference()
           << "\nmade smaller: " << again.difference() << "\nwith " << small.str();
  }
  std::cout << compared << " policies compared\n";
  // The others say something that the kernel cannot be told, and are refused with words.
  EXPECT_GT(compared, count / 2);
}

INSTANTIATE_TEST_SUITE_P(InParts, Agreement, testing::Range<std::uint64_t>(0, 4));

}  // namespace
}  // namespace tunnel::filter::test
