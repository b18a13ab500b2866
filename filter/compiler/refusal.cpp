#include "filter/compiler/refusal.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace tunnel::filter::compiler {

namespace {

/// A policy as one row of rules, of which the first so many are a policy, too.
class Row {
 public:
  Row(const RuleLists& rules, const NatLists& nat) {
    for (const auto& list : rules.all()) {
      for (auto rule : list.rules) {
        rule.position.reset();  // they are in their places
        rules_.push_back(std::move(rule));
      }
    }
    nat_ = nat.outbound;
    for (const auto& rule : nat.inbound) {
      if (rule.kind != NatRule::Kind::Bimap) nat_.push_back(rule);  // those are in both
    }
  }

  std::size_t size() const noexcept { return rules_.size() + nat_.size(); }

  Place place(std::size_t at) const {
    return at < rules_.size() ? rules_[at].place : nat_[at - rules_.size()].place;
  }

  nft::Table first(std::size_t count, const Options& options) const {
    const auto part = [](const auto& all, std::size_t most) {
      const auto end = static_cast<std::ptrdiff_t>(std::min(most, all.size()));
      return std::decay_t<decltype(all)>(all.begin(), all.begin() + end);
    };
    std::vector<Misplaced> known;
    const auto rules = RuleLists::of(part(rules_, count), known);
    const auto nat = NatLists::of(part(nat_, count - std::min(count, rules_.size())));
    return compile(rules, nat, options).table;
  }

 private:
  std::vector<Rule> rules_;
  std::vector<NatRule> nat_;
};

}  // namespace

std::optional<Place> find_refused(const RuleLists& rules, const NatLists& nat,
                                  const Options& options, const Accepts& accepts) {
  const Row row{rules, nat};
  const auto taken = [&](std::size_t count) { return accepts(row.first(count, options)); };
  if (taken(row.size()) || !taken(0)) return std::nullopt;
  std::size_t good = 0;
  std::size_t bad = row.size();
  while (bad - good > 1) {
    const auto middle = good + (bad - good) / 2;
    (taken(middle) ? good : bad) = middle;
  }
  return row.place(bad - 1);
}

}  // namespace tunnel::filter::compiler
