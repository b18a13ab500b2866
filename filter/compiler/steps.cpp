#include "filter/compiler/steps.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

/// How far back a rule looks for others like it.
constexpr std::size_t kReach = 64;

constexpr std::uint32_t bit(Field field) noexcept {
  return 1U << static_cast<unsigned>(field);
}

std::uint32_t fields_of(const Conditions& conditions) noexcept {
  std::uint32_t fields = 0;
  for (const auto& part : conditions.exact) fields |= bit(part.field);
  return fields;
}

/// The values of some fields, as text.
std::string project(const Conditions& conditions, std::uint32_t fields) {
  std::string out;
  for (const auto& part : conditions.exact) {
    if ((fields & bit(part.field)) != 0) out += boost::json::serialize(part.right) + "\n";
  }
  return out;
}

std::string text_of(const nft::Expressions& expressions) {
  std::string out;
  for (const auto& each : expressions) out += boost::json::serialize(each) + "\n";
  return out;
}

constexpr std::uint32_t kIpv4 = bit(Field::Source4) | bit(Field::Destination4);
constexpr std::uint32_t kIpv6 = bit(Field::Source6) | bit(Field::Destination6);

bool of_other_families(std::uint32_t a, std::uint32_t b) noexcept {
  return ((a & kIpv4) != 0 && (b & kIpv6) != 0) || ((a & kIpv6) != 0 && (b & kIpv4) != 0);
}

}  // namespace

Step Step::alone(std::size_t rule, Conditions conditions) {
  Step step;
  step.rule_ = rule;
  step.fields_ = fields_of(conditions);
  step.entries_.push_back({0, std::move(conditions)});
  return step;
}

Step::Step(Quick quick, Entry entry)
    : quick_{quick}, fields_{fields_of(entry.conditions)}, rest_{text_of(entry.conditions.rest)} {
  join(std::move(entry));
}

bool Step::is_like(Quick quick, const Conditions& conditions) const {
  return !rule_ && quick == quick_ && fields_ != 0 && fields_of(conditions) == fields_ &&
         entries_.front().conditions.unless.empty() && conditions.unless.empty() &&
         text_of(conditions.rest) == rest_;
}

bool Step::excludes(const Conditions& conditions) const {
  const auto others = fields_of(conditions);
  if (of_other_families(fields_, others)) return true;
  const auto common = fields_ & others;
  if (common == 0) return false;
  const auto found = projections_.find(common);
  if (found != projections_.end()) return found->second.count(project(conditions, common)) == 0;
  auto& values = projections_[common];
  for (const auto& entry : entries_) values.insert(project(entry.conditions, common));
  return values.count(project(conditions, common)) == 0;
}

void Step::join(Entry entry) {
  const auto [place, is_new] = places_.emplace(project(entry.conditions, fields_), entries_.size());
  if (!is_new) {
    if (quick_ == Quick::No) entries_[place->second] = std::move(entry);
    return;
  }
  for (auto& [fields, values] : projections_) values.insert(project(entry.conditions, fields));
  entries_.push_back(std::move(entry));
}

void StepList::add(Quick quick, Step::Entry entry) {
  const auto reach = std::min(steps_.size(), kReach);
  for (std::size_t back = 1; back <= reach; ++back) {
    auto& step = steps_[steps_.size() - back];
    if (step.is_like(quick, entry.conditions)) return step.join(std::move(entry));
    if (!step.excludes(entry.conditions)) break;
  }
  steps_.emplace_back(quick, std::move(entry));
}

void StepList::add_alone(std::size_t rule, Conditions conditions) {
  steps_.push_back(Step::alone(rule, std::move(conditions)));
}

}  // namespace tunnel::filter::compiler
