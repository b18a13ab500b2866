#pragma once

#include "filter/compiler/compiler.hpp"
#include "filter/compiler/outcomes.hpp"
#include "filter/compiler/steps.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace tunnel::filter::compiler {

/// Numbers of rules, by their lists and places in them.
using Numbers = std::map<const Rule*, std::uint32_t>;

/// Turns one main list, and the groups that it leads to, into chains. There are several such sets
/// of chains for a direction, which differ in what the packets are like that go through them.
class ListCompiler {
 public:
  struct Variant {
    std::string name;    // its chains begin with it
    std::string decide;  // the chain that a decision leads to, with the number as the mark
    View view = View::Whole;
    Statable statable = Statable::Yes;
  };

  ListCompiler(Variant variant, const Options& options, const RuleLists& lists,
               const Numbers& numbers, nft::Table& table, std::vector<Unsupported>& problems)
      : variant_{std::move(variant)},
        options_{options},
        lists_{lists},
        numbers_{numbers},
        table_{table},
        problems_{problems} {}

  /// The rules of a chain that goes through `list`, at most up to its first so many rules.
  std::vector<nft::Expressions> compile(const RuleList& list, std::size_t rules);

 private:
  using Rules = std::vector<nft::Expressions>;

  void add(StepList& steps, const RuleList& list, std::size_t at);
  void emit(Rules& out, const Step& step, const RuleList& list);
  void emit_each(Rules& out, const Step& step);
  void emit_map(Rules& out, const Step& step);
  void emit_alone(Rules& out, const Step& step, const Rule& rule);
  void emit_rule(Rules& out, const Conditions& conditions, nft::Expressions then);
  nft::Expressions decision(nft::Value number, Quick quick) const;
  /// The chain of a group; empty: it has no rules.
  std::string group_chain(const Rule& head);
  bool makes_no_state(const Rule& rule) const;
  bool is_limited(const Rule& rule) const;
  std::string limit_chain(const Rule& rule);
  std::string counter_of(std::uint32_t number);
  std::string next_name(const char* kind);
  std::string map_name(const std::vector<std::string>& key);

  Variant variant_;
  const Options& options_;
  const RuleLists& lists_;
  const Numbers& numbers_;
  nft::Table& table_;
  std::vector<Unsupported>& problems_;
  std::map<std::string, std::string> groups_{};  // that have a chain
  std::map<std::string, unsigned> maps_{};       // by what their names begin with
  unsigned names_ = 0;
  unsigned depth_ = 0;
};

}  // namespace tunnel::filter::compiler
