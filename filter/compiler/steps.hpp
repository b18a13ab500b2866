#pragma once

#include "filter/compiler/conditions.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
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
  /// What rules of one step have in common. nullopt: this one stands alone.
  std::optional<std::string> likeness(Quick quick) const;

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

  explicit Step(Quick quick) : quick_{quick} {}

  /// The rule of alone(); nullopt: a step of rules that decide and nothing more.
  std::optional<std::size_t> rule() const noexcept { return rule_; }

  Quick quick() const noexcept { return quick_; }

  const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// Of two entries with the same key the first counts where they are quick, the last where not.
  void join(Entry entry, const Shape& shape);

 private:
  Quick quick_;
  std::optional<std::size_t> rule_{};
  std::vector<Entry> entries_{};
  std::unordered_map<std::string, std::size_t> places_{};  // of keys among the entries
};

/// Rules that ask for certain fields, and in which steps they are.
class FieldIndex {
 public:
  /// How many steps there are up to the last one with a rule that has the same values in the fields
  /// in `common`, which are some of these rules'. 0: there is none.
  std::size_t steps_until(std::uint32_t common, const Shape& shape) const;

  /// How many there are up to the last one with any of these rules.
  std::size_t steps_until_last() const noexcept { return last_; }

  void add(const Shape& shape, std::size_t step);

 private:
  using LastSteps = std::unordered_map<std::string, std::size_t>;

  std::size_t last_ = 0;
  std::vector<std::pair<Shape, std::size_t>> rules_{};
  /// For each choice of fields that was asked about, by the values in them.
  mutable std::map<std::uint32_t, LastSteps> last_by_values_{};
};

/// Steps in the order in which they are to be tried. A rule goes to the first step that it can join
/// behind all those which it may not pass, so that there are as few as possible.
class StepList {
 public:
  void add(Quick quick, Step::Entry entry);
  void add_alone(std::size_t rule, Conditions conditions);

  const std::vector<Step>& all() const noexcept { return steps_; }

 private:
  /// How many of the steps a rule has to stand behind: up to the last one with a rule that a packet
  /// could match as well, as far as exact values tell.
  std::size_t steps_before(const Shape& shape) const;
  void note(const Shape& shape, std::size_t step);

  std::vector<Step> steps_{};
  std::map<std::uint32_t, FieldIndex> by_fields_{};
  /// Steps that rules of one shape can join, in their order.
  std::unordered_map<std::string, std::vector<std::size_t>> alike_{};
};

}  // namespace tunnel::filter::compiler
