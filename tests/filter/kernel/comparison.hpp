#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/evaluator/evaluator.hpp"
#include "tests/filter/kernel/cases.hpp"
#include "tests/filter/kernel/gateway_wire.hpp"

#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::filter::test {

/// What both must say about a packet that came in by one interface and was to go out by the other.
struct Said {
  std::optional<packet::Packet> left{};  // as it went on
  std::vector<std::string> log{};        // with how each record came about: "P" is by a state
};

/// Goes through a case with the evaluator and with the kernel, packet by packet.
class Comparison {
 public:
  enum class Outcome : std::uint8_t {
    Agree,  // about all packets
    Differ,
    Unclear,  // agreed, up to a packet about which they are known to differ
    NotForTheKernel,
  };

  /// What was really done.
  struct Extent {
    std::size_t packets = 0;  // about which both were asked
    std::size_t passed = 0;   // of those
    std::size_t changed = 0;  // policies that were made of the one before, and not put in its place
  };

  Comparison(GatewayWire& wire, const Case& about) : wire_{wire}, case_{about} {}

  Outcome run();

  /// The first difference, in words.
  const std::string& difference() const noexcept { return difference_; }

  const Extent& extent() const noexcept { return extent_; }

 private:
  /// Always the lowest of what is free.
  class NoChance final : public evaluator::RandomSource {
   public:
    std::uint32_t below(std::uint32_t) override { return 0; }
  };

  /// A packet of the case, as both are shown it.
  struct Shown {
    std::string interface {};
    std::string to_evaluator{};  // texts
    std::string to_kernel{};
    std::optional<packet::Packet> left_evaluator{};
    std::optional<packet::Packet> left_kernel{};
  };

  std::string tell_kernel();
  bool prepare(const Packet& packet, Shown& shown) const;
  bool differs(Shown& shown, evaluator::Evaluator& evaluator, TimePoint now);
  Said foretold(evaluator::Evaluator& evaluator, const Shown& shown, TimePoint now);
  Said seen(const Shown& shown, std::size_t number);
  void note(Said& said, const evaluator::Outcome& outcome, const packet::Packet& packet,
            const evaluator::Trace& trace) const;
  void note_translation(const evaluator::Trace& trace, const packet::Packet& packet);
  bool same(const packet::Packet& expected, const packet::Packet& seen) const;

  GatewayWire& wire_;
  const Case& case_;
  compiler::Compiled compiled_{};
  std::map<std::uint32_t, const compiler::NumberedRule*> by_number_{};
  std::vector<Shown> shown_{};
  std::vector<packet::Ends> known_{};  // of flows that have passed
  const NatRule* chance_ = nullptr;    // that has chosen a port for the packet at hand
  bool over_ = false;                  // from here on they are known to differ, see docs/filter.md
  std::string difference_{};
  Extent extent_{};
};

}  // namespace tunnel::filter::test
