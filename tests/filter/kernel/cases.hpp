#pragma once

#include "filter/model/nat_rule.hpp"
#include "filter/model/rule.hpp"
#include "filter/packet/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::filter::test {

/// The gateway's own address on its first interface, and on the second.
inline constexpr auto kOwnOnEm0 = "198.51.100.1";
inline constexpr auto kOwnOnTun0 = "198.51.100.129";

/// A packet of a case. What answers another one depends on what has become of that.
struct Packet {
  enum class Kind : std::uint8_t {
    Fresh,   // `text`
    Again,   // the packet of step `about` once more
    Answer,  // to what has left the gateway in step `about`, from where it went
    Error,   // of ICMP, about that
  };

  Kind kind = Kind::Fresh;
  std::string text{};  // ipftest's form
  std::size_t about = 0;
};

struct Policy {
  enum class Default : std::uint8_t { Pass, Block };

  std::vector<Rule> rules{};
  std::vector<NatRule> nat{};
  Default by_default = Default::Pass;  // of packets that no rule matches

  std::string str() const;
};

/// A policy, and packets that come to the gateway one after the other.
struct Case {
  Policy policy{};
  /// What the kernel had before, and was changed from, as at a reload. nullopt: nothing.
  std::optional<Policy> before{};
  std::vector<Packet> packets{};

  std::string str() const;
};

/// Always the same one for the same seed.
Case random_case(std::uint64_t seed);

/// In ipftest's form, the answer to a packet that has left by an interface, or the error about it.
/// nullopt: there is none.
std::optional<std::string> answer_to(const packet::Packet& packet, const std::string& interface);
std::optional<std::string> error_about(const packet::Packet& packet, const std::string& interface);

}  // namespace tunnel::filter::test
