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

Step Step::alone(std::size_t rule, Conditions conditions) {
  Step step{Shape{conditions}};
  step.rule_ = rule;
  step.shapes_.push_back(step.shape_);
  step.entries_.push_back({0, std::move(conditions)});
  return step;
}

Step::Step(Quick quick, Entry entry, Shape shape) : quick_{quick}, shape_{std::move(shape)} {
  join(std::move(entry), shape_);
}

bool Step::is_like(Quick quick, const Shape& shape) const {
  return !rule_ && quick == quick_ && shape_.fields != 0 && shape.fields == shape_.fields &&
         !shape_.excepts && !shape.excepts && shape.rest == shape_.rest;
}

bool Step::excludes(const Shape& shape) const {
  if (of_other_families(shape_.fields, shape.fields)) return true;
  const auto common = shape_.fields & shape.fields;
  if (common == 0) return false;
  const auto found = projections_.find(common);
  if (found != projections_.end()) return found->second.count(shape.values(common)) == 0;
  auto& values = projections_[common];
  for (const auto& each : shapes_) values.insert(each.values(common));
  return values.count(shape.values(common)) == 0;
}

void Step::join(Entry entry, const Shape& shape) {
  const auto [place, is_new] = places_.emplace(shape.values(shape_.fields), entries_.size());
  if (!is_new) {
    if (quick_ == Quick::No) entries_[place->second] = std::move(entry);
    return;
  }
  for (auto& [fields, values] : projections_) values.insert(shape.values(fields));
  entries_.push_back(std::move(entry));
  shapes_.push_back(shape);
}

void StepList::add(Quick quick, Step::Entry entry) {
  Shape shape{entry.conditions};
  const auto reach = std::min(steps_.size(), kReach);
  for (std::size_t back = 1; back <= reach; ++back) {
    auto& step = steps_[steps_.size() - back];
    if (step.is_like(quick, shape)) return step.join(std::move(entry), shape);
    if (!step.excludes(shape)) break;
  }
  steps_.emplace_back(quick, std::move(entry), std::move(shape));
}

void StepList::add_alone(std::size_t rule, Conditions conditions) {
  steps_.push_back(Step::alone(rule, std::move(conditions)));
}

}  // namespace tunnel::filter::compiler
