#pragma once

#include "filter/model/nat_rule.hpp"
#include "filter/model/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tunnel::filter::test {

/// Numbers that are the same on every machine for the same seed.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_{seed} {}

  /// Up to `bound`, which it does not reach; 0 of 0.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : engine_() % bound; }

  /// In so many of a hundred cases.
  bool percent(unsigned share) { return below(100) < share; }

  template <typename Value>
  Value one_of(const std::vector<Value>& values) {
    return values[below(values.size())];
  }

 private:
  std::mt19937_64 engine_;
};

/// What random rules and packets are made of. Few hosts and ports, so that rules match packets and
/// shadow each other.
struct World {
  std::vector<std::string> interfaces{"em0", "tun0"};
  std::vector<std::string> hosts{"10.1.0.1", "10.1.0.2", "10.1.9.9", "10.2.0.1", "192.0.2.1"};
  std::vector<std::string> networks{"10.1.0.0/24", "10.1.0.0/16", "10.0.0.0/8", "10.2.0.1/32"};
  std::vector<std::uint16_t> ports{20, 21, 22, 53, 80, 81, 1024, 9901, 9989, 65535};
  std::vector<std::string> groups{"1", "100", "web"};
  // How many of a hundred rules have it.
  unsigned of_ipv6 = 0;
  unsigned with_group = 30;
  unsigned with_keep = 30;
  unsigned with_qualities = 15;
  unsigned with_reply = 15;
  unsigned with_log = 25;
  unsigned with_rarities = 0;  // tos, ttl, IP options, ages, limits, levels, positions, odd masks
};

/// All that a rule can say, however improbable, for tests of the language.
World everything();

/// Rules that the parser takes: print() of each, a line each, is a file without mistakes. Members
/// have what they take over from their heads, places are those of that file.
std::vector<Rule> random_rules(Chance& chance, const World& world, std::size_t count);

std::vector<NatRule> random_nat_rules(Chance& chance, const World& world, std::size_t count);

/// A packet in the form of ipftest, which may match such rules.
std::string random_packet(Chance& chance, const World& world);

/// A file with the rules, a line each.
std::string text_of(const std::vector<Rule>& rules);
std::string text_of(const std::vector<NatRule>& rules);

/// The same rules wherever they stand.
std::vector<Rule> without_places(std::vector<Rule> rules);
std::vector<NatRule> without_places(std::vector<NatRule> rules);

}  // namespace tunnel::filter::test
