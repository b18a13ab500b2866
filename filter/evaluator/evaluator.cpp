// The hooks in their order; rule_scan.cpp goes through the lists.

#include "filter/evaluator/evaluator.hpp"

#include <utility>

namespace tunnel::filter::evaluator {

namespace {

Verdict verdict_of(const Rule& rule) noexcept {
  if (rule.action != Action::Block) return Verdict::Pass;
  switch (rule.reply) {
    case Reply::None:
      return Verdict::Block;
    case Reply::Rst:
      return Verdict::BlockReturnRst;
    case Reply::Icmp:
      return Verdict::BlockReturnIcmp;
    case Reply::IcmpAsDestination:
      return Verdict::BlockReturnIcmpAsDest;
  }
  return Verdict::Block;
}

}  // namespace

void Evaluator::Walk::note(Step::Kind kind, const RuleEntry& entry, const char* why) const {
  if (trace != nullptr) trace->push_back({kind, entry.rule, entry.id, nullptr, why});
}

void Evaluator::Walk::note(Step::Kind kind, const NatRule& rule, const char* why) const {
  if (trace != nullptr) trace->push_back({kind, nullptr, {}, &rule, why});
}

Evaluator::Evaluator(Policy policy, Settings settings, RandomSource& random)
    : policy_{std::move(policy)},
      settings_{std::move(settings)},
      entries_{policy_.rules},
      states_{settings_.most_states},
      nat_{policy_.nat, settings_.addresses, random, settings_.most_sessions} {}

Outcome Evaluator::evaluate(const packet::Packet& packet, TimePoint now, Trace* trace) {
  Outcome outcome;
  outcome.packet = packet;
  Walk walk{outcome, now, trace};
  if (packet.direction == Direction::In) {
    inbound(walk);
  } else {
    outbound(walk);
  }
  return outcome;
}

void Evaluator::inbound(Walk& walk) {
  if (!translate(walk)) return;
  count(walk);
  filter(walk);
}

void Evaluator::outbound(Walk& walk) {
  filter(walk);
  if (!passes(walk.outcome.verdict)) return;
  count(walk);
  translate(walk);
}

/// False: the packet is blocked, since there is nothing left to translate it to.
bool Evaluator::translate(Walk& walk) {
  const auto result = nat_.translate(walk.outcome.packet, walk.now);
  switch (result.kind) {
    case Translation::Kind::None:
      return true;
    case Translation::Kind::Made:
    case Translation::Kind::Known:
      if (walk.outcome.packet.direction == Direction::In) walk.outcome.packet.is_translated = true;
      walk.note(Step::Kind::Translated, *result.rule,
                result.kind == Translation::Kind::Made ? kNewSession : "");
      return true;
    case Translation::Kind::Failed:
      break;
  }
  walk.outcome.verdict = Verdict::Block;
  walk.note(Step::Kind::NotTranslated, *result.rule);
  return false;
}

void Evaluator::filter(Walk& walk) {
  if (!by_table(walk)) by_rules(walk);
}

/// Whether a remembered fragment or a state decides.
bool Evaluator::by_table(Walk& walk) {
  const auto& packet = walk.outcome.packet;
  if (const auto* known = fragments_.find(packet, walk.now)) {
    walk.note(Step::Kind::InFragments, **known);
    decide(walk, **known);
    log_decision(walk, **known, true);
    return true;
  }
  const auto state = states_.match(packet, walk.now);
  if (state.out_of_window && walk.trace != nullptr) {
    walk.trace->push_back({Step::Kind::OutOfWindow, nullptr, {}, nullptr, ""});
  }
  if (state.rule == nullptr) return false;
  walk.note(Step::Kind::InState, *state.rule,
            state.is_error ? "it is an ICMP error about the flow" : "");
  decide(walk, *state.rule);
  log_decision(walk, *state.rule, true);
  if (packet.is_fragment()) fragments_.remember(packet, state.rule, walk.now);
  return true;
}

void Evaluator::decide(Walk& walk, const RuleEntry& entry) {
  walk.outcome.rule = entry.rule;
  walk.outcome.id = entry.id;
  walk.outcome.verdict = verdict_of(*entry.rule);
  walk.outcome.reply_code = entry.rule->reply_code;
  walk.note(Step::Kind::Decided, entry);
}

/// False: the record could not be written.
bool Evaluator::log(Walk& walk, const RuleEntry& entry, LogRecord::Action action) const {
  if (settings_.log == Settings::Log::Fails) return false;
  const auto& options = *entry.rule->log;
  const bool is_short = walk.outcome.packet.is_short;
  auto& record = walk.outcome.log.emplace_back();
  record.action = action;
  record.rule = entry.id;
  record.level = options.level.value_or(LogLevel{std::nullopt, usual_severity(action, is_short)});
  record.is_short = is_short;
  record.body = options.body;
  record.keep_state = entry.rule->keep_state.has_value();
  record.keep_frags = entry.rule->keep_frags;
  return true;
}

/// With log first, what a table decides has been logged with the packet that made the entry.
void Evaluator::log_decision(Walk& walk, const RuleEntry& entry, bool by_table) {
  const auto& options = entry.rule->log;
  if (!options || (by_table && options->first)) return;
  auto& verdict = walk.outcome.verdict;
  const bool passed = passes(verdict);
  const auto action = passed ? LogRecord::Action::Pass : LogRecord::Action::Block;
  if (log(walk, entry, action) || !passed || !options->or_block) return;
  walk.note(Step::Kind::LogFailed, entry);
  verdict = Verdict::Block;
}

std::vector<RuleCount> Evaluator::counts() const {
  std::vector<RuleCount> counts;
  for (const auto& list : entries_.all()) {
    for (const auto& entry : list.entries) {
      counts.push_back({entry.rule, entry.id, entry.packets, entry.octets});
    }
  }
  return counts;
}

}  // namespace tunnel::filter::evaluator
