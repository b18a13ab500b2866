#pragma once

#include "filter/compiler/compiler.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/supervisor/state_file.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// The numbers under which the kernel knows rules, over reloads and restarts: a rule that says the
/// same again keeps its number, whatever stands before it, so that the flows it has let in stay its
/// own. A rule that is gone is kept for those flows, as IPFilter's states outlive their rules,
/// until it is the oldest of too many, or its number is needed.
class RuleNumbers {
 public:
  explicit RuleNumbers(std::filesystem::path file);

  /// Reads the file; no file is no error. Without it, flows of before are shown to the rules again.
  Result<void> load();

  /// Numbers the rules of a next policy. The numbers do not exceed `most`, as long as there are any
  /// left.
  void begin(const filter::RuleLists& lists, std::uint32_t most);

  /// The number of a rule of the next policy, by its place in memory.
  std::uint32_t number(const filter::Rule& rule) const { return numbers_.at(&rule); }

  /// Rules that keep state, and that the next policy does not have.
  std::vector<filter::compiler::NumberedRule> retired() const;

  /// The next policy is in force: it is the present one. Writes the file.
  Result<void> commit();

 private:
  struct Known {
    std::uint32_t number = 0;
    filter::compiler::NumberedRule rule{};
    std::uint32_t retired = 0;  // those that were retired before it and it, counted; 0: in force
  };

  using Key = std::pair<std::string, unsigned>;  // its text, and which of those that say the same

  std::uint32_t number(const filter::RuleList& list, unsigned place, const filter::Rule& rule);
  std::uint32_t free_number();
  /// Of those that are retired; false: there is none.
  bool forget_oldest();

  StateFile file_;
  std::map<Key, Known> known_{};
  std::map<Key, Known> next_{};
  std::map<std::string, unsigned> seen_{};
  std::map<std::uint32_t, bool> taken_{};
  std::map<const filter::Rule*, std::uint32_t> numbers_{};  // of the next policy
  std::uint32_t retirements_ = 0;
  boost::json::object written_{};
  std::uint32_t most_ = 0;
  std::uint32_t last_given_ = 0;
};

}  // namespace tunnel::supervisor
