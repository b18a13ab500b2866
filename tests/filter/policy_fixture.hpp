#pragma once

#include "filter/evaluator/evaluator.hpp"
#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/packet/packet_parser.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/filter/fake_names.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tunnel::filter::test {

/// Counts: the random choices of a rule without chance.
class CountingSource final : public evaluator::RandomSource {
 public:
  std::uint32_t below(std::uint32_t bound) override { return next_++ % bound; }

 private:
  std::uint32_t next_ = 0;
};

inline evaluator::Policy policy_of(const std::string& rules, const std::string& nat = {}) {
  const auto parsed =
      language::parse_ipf_rules(language::SourceFile{"ipf.rules", rules, 0}, FakeNames{});
  for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << explain(mistake);
  const auto translated =
      language::parse_ipnat_rules(language::SourceFile{"ipnat.rules", nat, 1}, FakeNames{});
  for (const auto& mistake : translated.mistakes) ADD_FAILURE() << explain(mistake);
  std::vector<Misplaced> misplaced;
  return {RuleLists::of(parsed.rules, misplaced), NatLists::of(translated.rules)};
}

/// A packet written down, as it is parsed from its octets.
inline std::variant<packet::Packet, packet::NotAPacket> parsed_packet(const std::string& text) {
  const auto written = packet::parse_packet_text(text);
  if (const auto* mistake = std::get_if<packet::TextMistake>(&written)) {
    ADD_FAILURE() << text << ": " << mistake->message;
    return packet::NotAPacket{};
  }
  const auto& good = std::get<packet::WrittenPacket>(written);
  auto result = packet::parse_packet(good.octets);
  if (auto* parsed = std::get_if<packet::Packet>(&result)) {
    parsed->direction = good.direction;
    parsed->interface = good.interface;
  }
  return result;
}

inline packet::Packet packet_of(const std::string& text) {
  const auto result = parsed_packet(text);
  if (const auto* packet = std::get_if<packet::Packet>(&result)) return *packet;
  ADD_FAILURE() << text << ": " << std::get<packet::NotAPacket>(result).reason;
  return {};
}

/// A policy at work, with a clock of its own.
class Gateway {
 public:
  explicit Gateway(const std::string& rules, const std::string& nat = {},
                   evaluator::Settings settings = {})
      : evaluator_{std::make_unique<evaluator::Evaluator>(policy_of(rules, nat),
                                                          std::move(settings), random_)} {}

  evaluator::Outcome send(const std::string& text) {
    trace.clear();
    return evaluator_->evaluate(packet_of(text), now, &trace);
  }

  std::string verdict(const std::string& text) { return words_for(send(text).verdict); }

  /// "pass @300:2", "nomatch".
  std::string decision(const std::string& text) {
    const auto outcome = send(text);
    const std::string words = words_for(outcome.verdict);
    return outcome.rule == nullptr ? words : words + ' ' + outcome.id.str();
  }

  /// What goes on, or the verdict where nothing does.
  std::string forwarded(const std::string& text) {
    const auto outcome = send(text);
    return passes(outcome.verdict) ? packet::print(outcome.packet) : words_for(outcome.verdict);
  }

  void advance(std::chrono::seconds time) { now += time; }

  evaluator::Evaluator& evaluator() { return *evaluator_; }

  TimePoint now{std::chrono::hours{1}};
  evaluator::Trace trace;

 private:
  CountingSource random_;
  std::unique_ptr<evaluator::Evaluator> evaluator_;
};

}  // namespace tunnel::filter::test
