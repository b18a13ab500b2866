#include "filter/compiler/nat_sessions.hpp"

#include "filter/compiler/ages.hpp"
#include "filter/compiler/nat_question.hpp"
#include "filter/model/protocols.hpp"

#include <functional>
#include <string>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::Expressions;
using nft::meta;
using nft::Value;
using Rules = std::vector<Expressions>;

constexpr int kBehindIn = -85;  // a translation's age counts more than its state's
constexpr int kBeforeSource = 95;
constexpr int kBeforeSourceToo = 96;
constexpr auto kFtp = "ftp";

/// What is done with the packets of a flow, by the rule that has translated it; nullopt: nothing.
using Wish = std::function<std::optional<Expressions>(const NatRule&)>;

class SessionCompiler {
 public:
  SessionCompiler(const NatLists& nat, nft::Table& table) : nat_{nat}, table_{table} {}

  void run() {
    const Wish help = [this](const NatRule& rule) { return helper(rule); };
    const Wish age = [this](const NatRule& rule) { return age_chain(rule); };
    add("nat_help", nft::Hook{"filter", "postrouting", kBeforeSource},
        first_packets(nat_.outbound, help));
    auto in = flows(nat_.inbound, Direction::In, age);
    add("nat_in_age", nft::Hook{"filter", "prerouting", kBehindIn}, std::move(in));
    auto out = flows(nat_.outbound, Direction::Out, age);
    add("nat_out_age", nft::Hook{"filter", "postrouting", kBeforeSourceToo}, std::move(out));
    clamp();
  }

 private:
  void add(std::string name, std::optional<nft::Hook> hook, Rules rules) {
    if (rules.empty()) return;
    table_.chains.push_back({std::move(name), std::move(hook), std::move(rules)});
  }

  /// Those of a list that come before the last one with a wish, since the first that matches is the
  /// one that has translated.
  static std::size_t reach(const std::vector<NatRule>& list, const Wish& wish) {
    std::size_t reach = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (wish(list[i])) reach = i + 1;
    }
    return reach;
  }

  Rules first_packets(const std::vector<NatRule>& list, const Wish& wish) {
    Rules rules;
    for (std::size_t i = 0; i < reach(list, wish); ++i) {
      for (auto each : matches_of(question_of(list[i], Direction::Out), EndsOf::Packet)) {
        for (auto& part : wish(list[i]).value_or(Expressions{})) each.push_back(std::move(part));
        each.push_back(nft::accept());
        rules.push_back(std::move(each));
      }
    }
    return rules;
  }

  /// All packets of a flow ask the same, by its first packet; but for the interface, which the
  /// first one and its answers pass in different directions.
  Rules flows(const std::vector<NatRule>& list, Direction direction, const Wish& wish) {
    Rules rules;
    for (std::size_t i = 0; i < reach(list, wish); ++i) {
      const auto& rule = list[i];
      for (const auto& matches : matches_of(question_of(rule, direction), EndsOf::Flow)) {
        for (const bool back : {false, true}) {
          auto each = matches;
          each.push_back(nft::equal(nft::ct("direction"), Value(back ? 1 : 0)));
          const bool comes_in = (direction == Direction::In) != back;
          each.push_back(
              nft::equal(meta(comes_in ? "iifname" : "oifname"), Value(rule.interface.str())));
          for (auto& part : wish(rule).value_or(Expressions{nft::accept()})) {
            each.push_back(std::move(part));
          }
          rules.push_back(std::move(each));
        }
      }
    }
    return rules;
  }

  std::optional<Expressions> helper(const NatRule& rule) {
    if (!rule.ftp_port) return std::nullopt;
    add_object({"ct helper", kFtp,
                boost::json::object{{"type", kFtp}, {"protocol", "tcp"}, {"l3proto", "ip"}}});
    return Expressions{boost::json::object{{"ct helper", kFtp}}};
  }

  std::optional<Expressions> age_chain(const NatRule& rule) {
    if (!rule.ages) return std::nullopt;
    const auto name = "nat_age_" + std::to_string(rule.ages->forward.count()) + "_" +
                      std::to_string(rule.ages->backward.count());
    add_once(name, [&] {
      Rules rules;
      for (const auto& each : aging(*rule.ages, table_)) rules.push_back(each);
      return rules;
    });
    return Expressions{nft::go_to(name)};
  }

  /// Where both directions of what is forwarded pass.
  void clamp() {
    const Wish clamp = [this](const NatRule& rule) -> std::optional<Expressions> {
      if (!rule.mss) return std::nullopt;
      const auto name = "nat_mss_" + std::to_string(*rule.mss);
      const boost::json::object option{{"name", "maxseg"}, {"field", "size"}};
      const boost::json::object size{{"tcp option", option}};
      add_once(name, [&] {
        return Rules{{nft::match(">", size, Value(*rule.mss)), nft::set(size, Value(*rule.mss))}};
      });
      return Expressions{nft::go_to(name)};
    };
    auto rules = flows(nat_.outbound, Direction::Out, clamp);
    auto in = flows(nat_.inbound, Direction::In, clamp);
    if (rules.empty() && in.empty()) return;
    std::move(in.begin(), in.end(), std::back_inserter(rules));
    const auto flags = nft::masked(nft::payload("tcp", "flags"), kSyn);
    rules.insert(rules.begin(), {nft::equal(flags, Value(0)), nft::accept()});
    rules.insert(rules.begin(), {nft::match("!=", meta("l4proto"), Value(kTcp)), nft::accept()});
    add("nat_mss", nft::Hook{"filter", "postrouting", kBeforeSourceToo}, std::move(rules));
  }

  void add_object(nft::Object object) {
    for (const auto& each : table_.objects) {
      if (each.name == object.name) return;
    }
    table_.objects.push_back(std::move(object));
  }

  void add_once(const std::string& name, const std::function<Rules()>& make) {
    for (const auto& each : table_.chains) {
      if (each.name == name) return;
    }
    add(name, std::nullopt, make());
  }

  const NatLists& nat_;
  nft::Table& table_;
};

}  // namespace

void compile_nat_sessions(const NatLists& nat, nft::Table& table) {
  SessionCompiler{nat, table}.run();
}

}  // namespace tunnel::filter::compiler
