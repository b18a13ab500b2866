#include "filter/compiler/list_compiler.hpp"

#include "filter/compiler/qualities.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::Expressions;
using nft::meta;
using nft::Value;

/// From so many rules on a map is worth having.
constexpr std::size_t kLeastMap = 4;
/// The kernel follows sixteen jumps, of which the way to a decision takes some.
constexpr unsigned kMostDepth = 10;

}  // namespace

std::string ListCompiler::next_name(const char* kind) {
  return variant_.name + "_" + kind + std::to_string(++names_);
}

/// A quick rule that is to keep state of what can have none is as if it were not there.
bool ListCompiler::makes_no_state(const Rule& rule) const {
  return variant_.statable == Statable::No && rule.quick && rule.keep_state;
}

/// A quick rule that may keep no further state is as if it were not there, too.
bool ListCompiler::is_limited(const Rule& rule) const {
  return variant_.statable == Statable::Yes && variant_.view == View::Whole && rule.quick &&
         rule.keep_state && rule.keep_state->limit && rule.action == Action::Pass;
}

/// All alternatives of the rule count together, in one chain.
std::string ListCompiler::limit_chain(const Rule& rule) {
  const auto number = numbers_.at(&rule);
  const auto name = variant_.name + "_limit_" + std::to_string(number);
  const auto made = std::any_of(table_.chains.begin(), table_.chains.end(),
                                [&](const nft::Chain& each) { return each.name == name; });
  if (made) return name;
  auto decide = decision(Value(number), Quick::Yes);
  decide.insert(decide.begin(), nft::flows_within(*rule.keep_state->limit));
  table_.chains.push_back({name, std::nullopt, {std::move(decide)}});
  return name;
}

std::vector<Expressions> ListCompiler::compile(const RuleList& list, std::size_t rules) {
  StepList steps;
  for (std::size_t at = 0; at < std::min(rules, list.rules.size()); ++at) add(steps, list, at);
  Rules out;
  for (const auto& step : steps.all()) emit(out, step, list);
  return out;
}

void ListCompiler::add(StepList& steps, const RuleList& list, std::size_t at) {
  const auto& rule = list.rules[at];
  auto alternatives = conditions_of(rule, variant_.view, problems_);
  const bool alone = rule.action == Action::Log || rule.action == Action::Count ||
                     !rule.head.empty() || is_limited(rule);
  if (!alone && makes_no_state(rule)) return;
  const auto quick = rule.quick ? Quick::Yes : Quick::No;
  for (auto& each : alternatives) {
    if (alone) {
      steps.add_alone(at, std::move(each));
    } else {
      steps.add(quick, {numbers_.at(&rule), std::move(each)});
    }
  }
}

void ListCompiler::emit(Rules& out, const Step& step, const RuleList& list) {
  if (step.rule()) {
    emit_alone(out, step, list.rules[*step.rule()]);
  } else if (step.entries().size() < kLeastMap) {
    emit_each(out, step);
  } else {
    emit_map(out, step);
  }
}

/// What a match leads to: the number is the verdict so far, and the last one where it is quick.
Expressions ListCompiler::decision(Value number, Quick quick) const {
  Expressions out{nft::set(meta("mark"), std::move(number))};
  if (quick == Quick::Yes) out.push_back(nft::go_to(variant_.decide));
  return out;
}

/// Entries of one step exclude each other, so that their order does not matter.
void ListCompiler::emit_each(Rules& out, const Step& step) {
  for (const auto& entry : step.entries()) {
    emit_rule(out, entry.conditions, decision(Value(entry.number), step.quick()));
  }
}

/// By its key: another rule elsewhere must not make it a map of another kind, which would cost all
/// counters of the table.
std::string ListCompiler::map_name(const std::vector<std::string>& key) {
  auto name = variant_.name + "_map";
  for (const auto& type : key) name += '_' + type;
  return name + '_' + std::to_string(++maps_[name]);
}

void ListCompiler::emit_map(Rules& out, const Step& step) {
  nft::Map map{{}, {}, "mark"};
  const auto& first = step.entries().front().conditions;
  std::vector<Value> left;
  for (const auto& part : first.exact) {
    map.key.push_back(type_of(part.field));
    left.push_back(part.left);
  }
  map.name = map_name(map.key);
  for (const auto& entry : step.entries()) {
    std::vector<Value> right;
    for (const auto& part : entry.conditions.exact) right.push_back(part.right);
    map.elements.emplace_back(nft::concat(std::move(right)), Value(entry.number));
  }
  auto rule = first.rest;
  const auto then = decision(nft::looked_up(nft::concat(std::move(left)), map.name), step.quick());
  rule.insert(rule.end(), then.begin(), then.end());
  out.push_back(std::move(rule));
  table_.maps.push_back(std::move(map));
}

/// "And none of these" needs a chain of its own, which each of them leaves.
void ListCompiler::emit_rule(Rules& out, const Conditions& conditions, Expressions then) {
  Expressions rule;
  for (const auto& part : conditions.exact) rule.push_back(nft::equal(part.left, part.right));
  rule.insert(rule.end(), conditions.rest.begin(), conditions.rest.end());
  if (!conditions.unless.empty()) {
    nft::Chain chain{next_name("unless"), std::nullopt, {}};
    for (auto exception : conditions.unless) {
      exception.push_back(nft::go_back());
      chain.rules.push_back(std::move(exception));
    }
    chain.rules.push_back(std::move(then));
    then = {nft::jump(chain.name)};
    table_.chains.push_back(std::move(chain));
  }
  rule.insert(rule.end(), then.begin(), then.end());
  out.push_back(std::move(rule));
}

std::string ListCompiler::group_chain(const Rule& head) {
  if (head.head.empty()) return {};
  const auto kind = head.action == Action::Count ? ListKind::Count : ListKind::Filter;
  const auto* group = lists_.find(kind, head.direction, head.head);
  if (group == nullptr) return {};
  if (depth_ >= kMostDepth) {
    problems_.push_back({head.place, "groups are nested deeper than nftables follows",
                         "at most 10 groups within each other"});
    return {};
  }
  const auto known = groups_.find(head.head);
  if (known != groups_.end()) return known->second;
  const auto name = next_name("group");
  groups_.emplace(head.head, name);
  ++depth_;
  auto rules = compile(*group, group->rules.size());
  --depth_;
  table_.chains.push_back({name, std::nullopt, std::move(rules)});
  return name;
}

/// That of a rule which decides nothing, and so has none among the decisions.
std::string ListCompiler::counter_of(std::uint32_t number) {
  auto name = counter_name(number);
  const auto is_it = [&](const nft::Object& each) { return each.name == name; };
  if (std::none_of(table_.objects.begin(), table_.objects.end(), is_it)) {
    table_.objects.push_back({"counter", name, {}});
  }
  return name;
}

/// A head, or a rule with a side effect. The head's number is the verdict unless a member changes
/// it; a quick head ends the list only where none has.
void ListCompiler::emit_alone(Rules& out, const Step& step, const Rule& rule) {
  const auto group = group_chain(rule);
  const auto number = numbers_.at(&rule);
  Expressions then;
  if (is_limited(rule)) {
    then = {nft::jump(limit_chain(rule))};
    return emit_rule(out, step.entries().front().conditions, std::move(then));
  }
  const bool decides = rule.action != Action::Log && !makes_no_state(rule);
  // What asks nothing about fragments sees the whole, once.
  const bool sees =
      variant_.view == View::Whole || std::any_of(rule.with.begin(), rule.with.end(), is_raw);
  if (sees && (rule.action == Action::Count || rule.action == Action::Log)) {
    then.push_back(nft::counter(counter_of(number)));
  }
  if (sees && rule.action == Action::Log) {
    const auto octets = rule.log->body ? kLoggedBody : kLoggedHeaders;
    then.push_back(nft::log(kLogged + std::to_string(number), options_.log_group, octets));
  }
  if (decides) then.push_back(nft::set(meta("mark"), Value(number)));
  if (!group.empty()) then.push_back(nft::jump(group));
  if (then.empty()) return;
  emit_rule(out, step.entries().front().conditions, std::move(then));
  if (decides && rule.quick) {
    out.push_back({nft::equal(meta("mark"), Value(number)), nft::go_to(variant_.decide)});
  }
}

}  // namespace tunnel::filter::compiler
