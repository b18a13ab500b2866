#include "filter/compiler/compiler.hpp"

#include "filter/compiler/list_compiler.hpp"
#include "filter/compiler/nat_compiler.hpp"
#include "filter/compiler/outcomes.hpp"
#include "filter/compiler/qualities.hpp"
#include "filter/model/protocols.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::equal;
using nft::Expressions;
using nft::meta;
using nft::payload;
using nft::Value;

constexpr int kBeforeReassembly = -450;
constexpr int kAfterNat = -90;  // which is at -100
constexpr int kBeforeNat = 90;  // which is at 100
constexpr int kBeforeIn = -95;  // count rules see what is translated
constexpr int kBehindOut = 92;  // and what has passed

std::string name_of(Direction direction) {
  return direction == Direction::In ? "in" : "out";
}

std::vector<Value> values(std::initializer_list<unsigned> numbers) {
  std::vector<Value> out;
  for (const auto number : numbers) out.emplace_back(number);
  return out;
}

/// Packets that can make no state: those of conntrack's that belong to no flow, resets, answers and
/// ends of connections, flags that contradict each other, and messages of ICMP that ask nothing.
std::vector<Expressions> unstatable() {
  std::vector<Expressions> all;
  for (auto& each : bad_packets()) all.push_back(std::move(each.expressions));
  const auto flags = [](unsigned mask) { return nft::masked(payload("tcp", "flags"), mask); };
  all.push_back({nft::match("!=", flags(kFin | kRst), Value(0))});
  all.push_back({equal(flags(kSyn | kAck), Value(kSyn | kAck))});
  all.push_back({nft::match("!=", payload("icmp", "type"), nft::set_of(values({8, 13, 15, 17})))});
  all.push_back({nft::match("!=", payload("icmpv6", "type"),
                            nft::set_of(values({128, 130, 133, 135, 139})))});
  all.push_back({nft::match("in", nft::ct("state"), Value("invalid"))});
  return all;
}

bool is_raw_rule(const Rule& rule) {
  return std::any_of(rule.with.begin(), rule.with.end(), is_raw);
}

class PolicyCompiler {
 public:
  PolicyCompiler(const RuleLists& lists, const NatLists& nat, const Options& options)
      : lists_{lists}, nat_{nat}, options_{options}, outcomes_{options_, compiled_.table} {
    compiled_.table.name = options.table;
  }

  Compiled run() && {
    number();
    keeps_state_ = keeps_state_ || !options_.retired.empty();
    if (keeps_state_) compiled_.table.maps.push_back(states());
    for (const auto direction : {Direction::In, Direction::Out}) {
      direct(direction);
      count(direction);
    }
    raw();
    put_together();
    look_up_blocked(Direction::In);
    look_up_blocked(Direction::Out);
    let_answers_out();
    compile_nat(nat_, compiled_.table, compiled_.problems);
    return std::move(compiled_);
  }

 private:
  using Rules = std::vector<Expressions>;

  void number() {
    std::uint32_t next = 0;
    for (const auto& list : lists_.all()) {
      unsigned place = 0;
      for (const auto& rule : list.rules) {
        const RuleId id{list.group, ++place};
        const auto number = options_.number ? options_.number(list, id, rule) : ++next;
        numbers_.emplace(&rule, number);
        compiled_.rules.push_back({number, list.direction, list.kind, id, rule});
        keeps_state_ = keeps_state_ || rule.keep_state.has_value();
        check(rule, number);
      }
    }
  }

  void check(const Rule& rule, std::uint32_t number) {
    if ((number & ~options_.mark_mask) != 0) {
      compiled_.problems.push_back(
          {rule.place, "there are more rules than fit into mark_mask", ""});
    }
    const bool limited = rule.keep_state && rule.keep_state->limit;
    if (limited && rule.action == Action::Block) {
      compiled_.problems.push_back({rule.place, "nftables cannot limit states of blocked flows",
                                    "\"block ... keep state\" without a limit"});
    }
    if (limited && rule.quick && !rule.head.empty()) {
      compiled_.problems.push_back(
          {rule.place, "nftables cannot limit the states of a quick rule that opens a group",
           "\"keep state (limit " + std::to_string(*rule.keep_state->limit) +
               ")\" in a rule of the group"});
    }
    if (rule.action == Action::Count && is_raw_rule(rule)) {
      compiled_.problems.push_back({rule.place,
                                    "count rules see packets that have been put together",
                                    "a log rule is asked about fragments"});
    }
    if (rule.log && rule.log->or_block) {
      compiled_.problems.push_back({rule.place, "nftables does not tell whether a record was taken",
                                    "\"log\" without or-block"});
    }
  }

  /// Where flows with a number go.
  nft::Map states() {
    nft::Map map{kStates, {"mark"}, "verdict", nft::Map::Counters::Yes};
    const auto add = [&](const NumberedRule& each) {
      if (!each.rule.keep_state || each.rule.action != Action::Pass) return;
      map.elements.emplace_back(Value(each.number), outcomes_.state_of(each.rule));
    };
    std::for_each(compiled_.rules.begin(), compiled_.rules.end(), add);
    std::for_each(options_.retired.begin(), options_.retired.end(), add);
    return map;
  }

  /// Where packets of flows go that are kept blocked.
  void look_up_blocked(Direction direction) {
    const auto name = name_of(direction);
    nft::Map map{name + kBlockedFlows, {"mark"}, "verdict", nft::Map::Counters::Yes};
    for (const auto& each : compiled_.rules) {
      if (!each.rule.keep_state || each.rule.action != Action::Block) continue;
      map.elements.emplace_back(Value(each.number), nft::going_to(outcomes_.blocked_chain(
                                                        each.rule, each.number, direction)));
    }
    if (map.elements.empty()) return;
    put_first(name, outcomes_.blocked(map.name));
    compiled_.table.maps.push_back(std::move(map));
  }

  bool may_decide(const Rule& rule) const {
    return rule.action == Action::Pass || rule.action == Action::Block;
  }

  /// Where decisions of a direction lead to.
  nft::Map finals(const std::string& name, Direction direction, Statable statable) {
    nft::Map map{name, {"mark"}, "verdict", nft::Map::Counters::Yes};
    for (const auto& each : compiled_.rules) {
      if (each.kind != ListKind::Filter || each.direction != direction) continue;
      if (!may_decide(each.rule)) continue;
      // Quick ones that keep state are as if they were not there.
      if (statable == Statable::No && (!each.rule.keep_state || each.rule.quick)) continue;
      map.elements.emplace_back(
          Value(each.number), nft::going_to(outcomes_.chain_for(each.rule, each.number, statable)));
    }
    return map;
  }

  void add_chain(std::string name, std::optional<nft::Hook> hook, Rules rules) {
    compiled_.table.chains.push_back({std::move(name), std::move(hook), std::move(rules)});
  }

  Rules list_chain(const RuleList* list, ListCompiler::Variant variant, std::size_t most) {
    if (list == nullptr) return {};
    const auto decide = variant.decide;
    ListCompiler compiler{std::move(variant), options_,        lists_,
                          numbers_,           compiled_.table, compiled_.problems};
    auto rules = compiler.compile(*list, most);
    rules.push_back({nft::go_to(decide)});
    return rules;
  }

  void decide_chain(const std::string& name, const std::vector<std::string>& maps) {
    Rules rules;
    for (const auto& map : maps) rules.push_back({nft::lead(meta("mark"), map)});
    if (options_.by_default == Options::Default::Block) {
      rules.push_back({nft::drop()});
    } else {
      rules.push_back({nft::accept()});
    }
    add_chain(name, std::nullopt, std::move(rules));
  }

  void direct(Direction direction) {
    const auto name = name_of(direction);
    const auto* list = lists_.find(ListKind::Filter, direction);
    Rules rules;
    if (keeps_state_) {
      const auto mark = nft::masked(nft::ct("mark"), options_.mark_mask);
      rules.push_back({nft::lead(mark, kStates)});
    }
    rules.push_back({nft::set(meta("mark"), Value(0))});
    auto final = finals(name + kFinal, direction, Statable::Yes);
    if (keeps_state_ && list != nullptr) {
      const auto less = name + "_stateless";
      auto blocked = finals(less + kFinal, direction, Statable::No);
      for (auto each : unstatable()) {
        each.push_back(nft::go_to(less));
        rules.push_back(std::move(each));
      }
      decide_chain(less + "_decide", {blocked.name, final.name});
      add_chain(less, std::nullopt,
                list_chain(list, {less, less + "_decide", View::Whole, Statable::No},
                           list->rules.size()));
      compiled_.table.maps.push_back(std::move(blocked));
    }
    decide_chain(name + "_decide", {final.name});
    compiled_.table.maps.push_back(std::move(final));
    auto own = list_chain(list, {name, name + "_decide", View::Whole, Statable::Yes},
                          list == nullptr ? 0 : list->rules.size());
    std::move(own.begin(), own.end(), std::back_inserter(rules));
    if (list == nullptr) rules.push_back({nft::go_to(name + "_decide")});
    add_chain(name,
              nft::Hook{"filter", direction == Direction::In ? "prerouting" : "postrouting",
                        direction == Direction::In ? kAfterNat : kBeforeNat},
              std::move(rules));
  }

  /// The mark is that of the count rule that has matched last, which a quick head wants to know.
  void count(Direction direction) {
    const auto* list = lists_.find(ListKind::Count, direction);
    if (list == nullptr) return;
    const auto name = name_of(direction) + "_count";
    const auto end = name + "_end";
    add_chain(end, std::nullopt, {{nft::set(meta("mark"), Value(0)), nft::accept()}});
    auto own = list_chain(list, {name, end, View::Whole, Statable::Yes}, list->rules.size());
    own.insert(own.begin(), {nft::set(meta("mark"), Value(0))});
    add_chain(name,
              nft::Hook{"filter", direction == Direction::In ? "prerouting" : "postrouting",
                        direction == Direction::In ? kBeforeIn : kBehindOut},
              std::move(own));
  }

  void put_first(const std::string& chain, Rules rules) {
    auto& chains = compiled_.table.chains;
    const auto found = std::find_if(chains.begin(), chains.end(),
                                    [&](const nft::Chain& each) { return each.name == chain; });
    found->rules.insert(found->rules.begin(), std::make_move_iterator(rules.begin()),
                        std::make_move_iterator(rules.end()));
  }

  void let_answers_out() { put_first("out", outcomes_.answers()); }

  /// How far the main list has to be gone through for fragments: where all rules about them are
  /// quick, nothing behind the last one can change what they say.
  std::size_t raw_length(const RuleList& list) const {
    std::size_t last = 0;
    for (const auto& each : lists_.all()) {
      if (each.kind != ListKind::Filter || each.direction != Direction::In) continue;
      for (std::size_t i = 0; i < each.rules.size(); ++i) {
        const auto& rule = each.rules[i];
        if (!is_raw_rule(rule)) continue;
        if (!rule.quick || !each.group.empty()) return list.rules.size();
        last = i + 1;
      }
    }
    return last;
  }

  /// The kernel puts fragments together where conntrack is asked for anything, be it in a chain
  /// that nothing leads to. Rules about ports rely on it.
  void put_together() {
    add_chain("put_together", std::nullopt,
              {{nft::match("in", nft::ct("state"), Value("invalid")), nft::go_back()}});
  }

  /// What is a fragment, or cut, meets the rules about such before it is put together. A rule that
  /// asks for neither is left to have its say about the whole.
  void raw() {
    Rules rules;
    const auto* list = lists_.find(ListKind::Filter, Direction::In);
    const auto most = list == nullptr ? 0 : raw_length(*list);
    for (auto& each : cut_headers()) {
      each.expressions.push_back(nft::counter());
      each.expressions.push_back(nft::drop());
      rules.push_back(std::move(each.expressions));
    }
    if (most > 0) {
      for (const auto& kind : {fragments(), short_packets()}) {
        for (auto each : kind) {
          each.expressions.push_back(nft::go_to("in_raw_rules"));
          rules.push_back(std::move(each.expressions));
        }
      }
      nft::Map map{std::string{"in_raw"} + kFinal, {"mark"}, "verdict", nft::Map::Counters::Yes};
      for (const auto& each : compiled_.rules) {
        if (each.rule.action != Action::Block || each.direction != Direction::In) continue;
        if (!is_raw_rule(each.rule)) continue;
        map.elements.emplace_back(Value(each.number), nft::going_to(outcomes_.chain_for(
                                                          each.rule, each.number, Statable::Yes)));
      }
      add_chain(
          "in_raw_decide", std::nullopt,
          {{nft::lead(meta("mark"), map.name)}, {nft::set(meta("mark"), Value(0)), nft::accept()}});
      compiled_.table.maps.push_back(std::move(map));
      Rules own{{nft::set(meta("mark"), Value(0))}};
      auto compiled = list_chain(list, {"in_raw", "in_raw_decide", View::Raw, Statable::Yes}, most);
      std::move(compiled.begin(), compiled.end(), std::back_inserter(own));
      add_chain("in_raw_rules", std::nullopt, std::move(own));
    }
    add_chain("in_raw_hook", nft::Hook{"filter", "prerouting", kBeforeReassembly},
              std::move(rules));
  }

  const RuleLists& lists_;
  const NatLists& nat_;
  const Options& options_;
  Compiled compiled_;
  Outcomes outcomes_;
  Numbers numbers_;
  bool keeps_state_ = false;
};

}  // namespace

std::string counter_name(std::uint32_t number) {
  return "rule_" + std::to_string(number);
}

Compiled compile(const RuleLists& rules, const NatLists& nat, const Options& options) {
  return PolicyCompiler{rules, nat, options}.run();
}

}  // namespace tunnel::filter::compiler
