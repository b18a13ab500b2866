// A packet goes through the lists. The flags of IPFilter's verdict (quick, log, keep, reply) are
// always those of one rule, the one that decides so far; so a verdict is a reference to a rule.

#include "filter/evaluator/evaluator.hpp"
#include "filter/evaluator/match.hpp"

namespace tunnel::filter::evaluator {

void Evaluator::by_rules(Walk& walk) {
  const auto& packet = walk.outcome.packet;
  const auto* list = entries_.main_list(ListKind::Filter, packet.direction);
  const auto result = list == nullptr ? Scan{} : scan(walk, *list, nullptr, 0);
  if (walk.log_failed != nullptr) {
    decide(walk, *walk.log_failed);
    walk.outcome.verdict = Verdict::Block;
    return;
  }
  if (result.decides == nullptr) {
    walk.outcome.verdict =
        settings_.by_default == Settings::Default::Block ? Verdict::Block : Verdict::NoMatch;
    if (walk.trace != nullptr) {
      walk.trace->push_back({Step::Kind::DecidedByDefault, nullptr, {}, nullptr, ""});
    }
    return;
  }
  const auto& entry = *result.decides;
  decide(walk, entry);
  if (entry.rule->keep_frags && packet.is_fragment()) {
    fragments_.remember(packet, &entry, walk.now);
    walk.note(Step::Kind::FragmentsKept, entry);
  }
  // Quick rules have made theirs on the way. One that is not quick blocks what makes no state.
  if (entry.rule->keep_state && !walk.state_made && !keep_state(walk, entry) &&
      passes(walk.outcome.verdict)) {
    walk.outcome.verdict = Verdict::Block;
  }
  log_decision(walk, entry, false);
}

bool Evaluator::keep_state(Walk& walk, const RuleEntry& entry) {
  const auto& packet = walk.outcome.packet;
  const auto refusal = states_.add(packet, entry, walk.now);
  if (refusal != StateRefusal::None) {
    walk.note(Step::Kind::StateRefused, entry, words_for(refusal));
    return lets_decide(refusal);
  }
  walk.note(Step::Kind::StateMade, entry);
  if (packet.is_fragment()) fragments_.remember(packet, &entry, walk.now);
  return true;
}

/// A match in the group takes the place of the head's; without one the head's stands.
Evaluator::Scan Evaluator::scan_group(Walk& walk, const RuleEntry& head, const RuleEntry* so_far,
                                      unsigned depth) {
  if (depth + 1 >= kMaxGroupDepth) {
    walk.note(Step::Kind::TooDeep, head);
    return {so_far};
  }
  const auto inner = scan(walk, *head.group, so_far, depth + 1);
  walk.note(inner.matched ? Step::Kind::GroupDecided : Step::Kind::GroupHadNone, head);
  return inner;
}

Evaluator::Scan Evaluator::scan(Walk& walk, const EntryList& list, const RuleEntry* so_far,
                                unsigned depth) {
  Scan result{so_far};
  for (const auto& entry : list.entries) {
    const auto& rule = *entry.rule;
    if (!matches(rule, walk.outcome.packet)) continue;
    ++entry.packets;
    entry.octets += walk.outcome.packet.size;
    const auto before = result;
    walk.note(rule.action == Action::Count ? Step::Kind::Counted : Step::Kind::Matched, entry);
    bool decided = rule.action != Action::Log;
    if (decided) {
      result.decides = &entry;
    } else if (!log(walk, entry, LogRecord::Action::Log) && rule.log->or_block) {
      walk.note(Step::Kind::LogFailed, entry);
      walk.log_failed = &entry;
      break;
    }
    if (entry.group != nullptr) {
      const auto inner = scan_group(walk, entry, result.decides, depth);
      result.decides = inner.decides;
      decided |= inner.matched;
    }
    if (walk.log_failed != nullptr) break;
    result.matched |= decided;
    // A log rule decides nothing, and so its quick does nothing, nor that of the head outside.
    if (!decided || !result.decides->rule->quick) continue;
    if (result.decides->rule->keep_state && !walk.state_made) {
      if (!keep_state(walk, *result.decides)) {
        // As if it had not matched.
        result = before;
        continue;
      }
      walk.state_made = true;
    }
    break;
  }
  return result;
}

void Evaluator::count(Walk& walk) {
  const auto* list = entries_.main_list(ListKind::Count, walk.outcome.packet.direction);
  if (list != nullptr) scan(walk, *list, nullptr, 0);
}

}  // namespace tunnel::filter::evaluator
