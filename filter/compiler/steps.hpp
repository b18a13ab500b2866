#pragma once

#include "filter/compiler/conditions.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

// A list of rules is gone through rule by rule, and its cost grows with it. Rules that ask for the
// same fields and differ in their values alone are one look into a map. They need not stand side by
// side: two rules that no packet can match both may change places.

namespace tunnel::filter::compiler {

/// Whether a match ends the list.
enum class Quick : bool { No, Yes };

/// What of conditions decides whether they can be looked up with others, as text. Made once for
/// each rule, which is compared with many.
struct Shape {
  explicit Shape(const Conditions& conditions);

  /// The values of some of the fields.
  std::string values(std::uint32_t some) const;

  std::uint32_t fields = 0;  // a bit for each Field in the key
  std::vector<std::pair<std::uint32_t, std::string>> parts{};
  std::string rest{};
  bool excepts = false;  // "and none of these"
};

/// Some rules of a list that are tried together.
class Step {
 public:
  struct Entry {
    std::uint32_t number = 0;  // of the rule
    Conditions conditions{};   // of all that differ, the exact part alone counts
  };

  /// A rule that stands by itself: a head, a rule with a side effect.
  static Step alone(std::size_t rule, Conditions conditions);

  Step(Quick quick, Entry entry, Shape shape);

  /// The rule of alone(); nullopt: a step of rules that decide and nothing more.
  std::optional<std::size_t> rule() const noexcept { return rule_; }

  Quick quick() const noexcept { return quick_; }

  const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// Whether an entry of this shape could join.
  bool is_like(Quick quick, const Shape& shape) const;
  /// Whether no packet matches both an entry of this and one of that shape, as far as exact values
  /// tell.
  bool excludes(const Shape& shape) const;
  /// Of two entries with the same key the first counts where they are quick, the last where not.
  void join(Entry entry, const Shape& shape);

 private:
  explicit Step(Shape shape) : shape_{std::move(shape)} {}

  Quick quick_ = Quick::No;
  std::optional<std::size_t> rule_{};
  std::vector<Entry> entries_{};
  Shape shape_;                                            // of the first; all keys are like its
  std::vector<Shape> shapes_{};                            // of all
  std::unordered_map<std::string, std::size_t> places_{};  // of keys among the entries
  /// For each choice of fields that was asked about: the values that entries have in them.
  mutable std::map<std::uint32_t, std::unordered_set<std::string>> projections_{};
};

/// Steps in the order in which they are to be tried.
class StepList {
 public:
  void add(Quick quick, Step::Entry entry);
  void add_alone(std::size_t rule, Conditions conditions);

  const std::vector<Step>& all() const noexcept { return steps_; }

 private:
  std::vector<Step> steps_;
};

}  // namespace tunnel::filter::compiler
