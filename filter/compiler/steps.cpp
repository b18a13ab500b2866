#include "filter/compiler/steps.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

constexpr std::uint32_t bit(Field field) noexcept {
  return 1U << static_cast<unsigned>(field);
}

constexpr std::uint32_t kIpv4 = bit(Field::Source4) | bit(Field::Destination4);
constexpr std::uint32_t kIpv6 = bit(Field::Source6) | bit(Field::Destination6);

bool of_other_families(std::uint32_t a, std::uint32_t b) noexcept {
  return ((a & kIpv4) != 0 && (b & kIpv6) != 0) || ((a & kIpv6) != 0 && (b & kIpv4) != 0);
}

}  // namespace

Shape::Shape(const Conditions& conditions) : excepts{!conditions.unless.empty()} {
  for (const auto& part : conditions.exact) {
    fields |= bit(part.field);
    parts.emplace_back(bit(part.field), boost::json::serialize(part.right) + '\n');
  }
  for (const auto& each : conditions.rest) rest += boost::json::serialize(each) + '\n';
}

std::string Shape::values(std::uint32_t some) const {
  std::string out;
  for (const auto& [field, value] : parts) {
    if ((some & field) != 0) out += value;
  }
  return out;
}

std::optional<std::string> Shape::likeness(Quick quick) const {
  if (fields == 0 || excepts) return std::nullopt;
  return std::to_string(fields) + (quick == Quick::Yes ? " quick " : " ") + rest;
}

Step Step::alone(std::size_t rule, Conditions conditions) {
  Step step{Quick::No};
  step.rule_ = rule;
  step.entries_.push_back({0, std::move(conditions)});
  return step;
}

void Step::join(Entry entry, const Shape& shape) {
  const auto [place, is_new] = places_.emplace(shape.values(shape.fields), entries_.size());
  if (is_new) {
    entries_.push_back(std::move(entry));
  } else if (quick_ == Quick::No) {
    entries_[place->second] = std::move(entry);
  }
}

std::size_t FieldIndex::steps_until(std::uint32_t common, const Shape& shape) const {
  const auto [place, is_new] = last_by_values_.try_emplace(common);
  auto& last = place->second;
  if (is_new) {
    for (const auto& [rule, steps] : rules_) {
      auto& known = last[rule.values(common)];
      known = std::max(known, steps);
    }
  }
  const auto found = last.find(shape.values(common));
  return found == last.end() ? 0 : found->second;
}

void FieldIndex::add(const Shape& shape, std::size_t step) {
  const auto steps = step + 1;
  last_ = std::max(last_, steps);
  for (auto& [fields, last] : last_by_values_) {
    auto& known = last[shape.values(fields)];
    known = std::max(known, steps);
  }
  rules_.emplace_back(shape, steps);
}

std::size_t StepList::steps_before(const Shape& shape) const {
  std::size_t before = 0;
  for (const auto& [fields, rules] : by_fields_) {
    if (of_other_families(fields, shape.fields)) continue;
    const auto common = fields & shape.fields;
    before =
        std::max(before, common == 0 ? rules.steps_until_last() : rules.steps_until(common, shape));
  }
  return before;
}

void StepList::note(const Shape& shape, std::size_t step) {
  by_fields_[shape.fields].add(shape, step);
}

void StepList::add(Quick quick, Step::Entry entry) {
  const Shape shape{entry.conditions};
  const auto before = steps_before(shape);
  std::vector<std::size_t> none;
  const auto likeness = shape.likeness(quick);
  auto& alike = likeness ? alike_[*likeness] : none;
  // The last of those before may be one that it can join: there it meets its own key.
  const auto first = before == 0 ? 0 : before - 1;
  const auto found = std::lower_bound(alike.begin(), alike.end(), first);
  const auto step = found == alike.end() ? steps_.size() : *found;
  if (found == alike.end()) {
    alike.push_back(step);
    steps_.emplace_back(quick);
  }
  steps_[step].join(std::move(entry), shape);
  note(shape, step);
}

void StepList::add_alone(std::size_t rule, Conditions conditions) {
  note(Shape{conditions}, steps_.size());
  steps_.push_back(Step::alone(rule, std::move(conditions)));
}

}  // namespace tunnel::filter::compiler
