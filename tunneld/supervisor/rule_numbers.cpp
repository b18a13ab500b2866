#include "tunneld/supervisor/rule_numbers.hpp"

#include "filter/language/ipf_parser.hpp"
#include "filter/language/printer.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;
using filter::compiler::NumberedRule;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
/// Of rules that are gone.
constexpr std::size_t kMostRetired = 4096;

/// Canonical rules have no names in them.
class NoNames final : public filter::language::Names {
 public:
  std::vector<Address> host(const std::string&) const override { return {}; }

  std::optional<std::uint16_t> service(const std::string&, const std::string&) const override {
    return std::nullopt;
  }

  std::optional<std::uint8_t> protocol(const std::string&) const override { return std::nullopt; }
};

/// What only its place in a file tells apart is the same rule.
std::string text_of(filter::Rule rule) {
  rule.position.reset();
  return filter::language::print(rule);
}

std::optional<std::uint32_t> number_in(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  const auto number = value->get_int64();
  if (number < 0 || number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::optional<NumberedRule> rule_in(const json::object& object) {
  const auto number = number_in(object, "number");
  const auto place = number_in(object, "place");
  const auto* text = object.if_contains("rule");
  if (!number || *number == 0 || !place || text == nullptr || !text->is_string()) {
    return std::nullopt;
  }
  const auto parsed = filter::language::parse_ipf_rules(
      {"rules.json", std::string{text->get_string()}, 0}, NoNames{});
  if (!parsed.mistakes.empty() || parsed.rules.size() != 1) return std::nullopt;
  const auto& rule = parsed.rules.front();
  const auto kind =
      rule.action == filter::Action::Count ? filter::ListKind::Count : filter::ListKind::Filter;
  return NumberedRule{*number, rule.direction, kind, {rule.group, *place}, rule};
}

}  // namespace

RuleNumbers::RuleNumbers(std::filesystem::path file)
    : file_{std::move(file), kMostBytes, "flows of before meet the rules again"} {}

Result<void> RuleNumbers::load() {
  const auto document = file_.read();
  if (!document) return document.error();
  const auto* rules = document->if_contains("rules");
  if (rules == nullptr || !rules->is_array()) return {};
  std::map<std::string, unsigned> seen;
  for (const auto& entry : rules->get_array()) {
    const auto* object = entry.if_object();
    auto rule = object == nullptr ? std::nullopt : rule_in(*object);
    if (!rule) continue;
    const auto text = text_of(rule->rule);
    const auto number = rule->number;
    const auto retired = number_in(*object, "retired").value_or(0);
    retirements_ = std::max(retirements_, retired);
    last_given_ = std::max(last_given_, number);
    known_.emplace(Key{text, seen[text]++}, Known{number, std::move(*rule), retired});
  }
  return {};
}

void RuleNumbers::begin(const filter::RuleLists& lists, std::uint32_t most) {
  most_ = most;
  next_.clear();
  seen_.clear();
  taken_.clear();
  numbers_.clear();
  std::erase_if(known_, [&](const auto& entry) { return entry.second.number > most; });
  for (const auto& [key, known] : known_) taken_.emplace(known.number, true);
  for (const auto& list : lists.all()) {
    unsigned place = 0;
    for (const auto& rule : list.rules) numbers_.emplace(&rule, number(list, ++place, rule));
  }
}

/// In turn, so that a number is not soon another rule's.
std::uint32_t RuleNumbers::free_number() {
  for (std::uint32_t tried = 0; tried < most_; ++tried) {
    last_given_ = last_given_ >= most_ ? 1 : last_given_ + 1;
    if (taken_.emplace(last_given_, true).second) return last_given_;
  }
  if (forget_oldest()) return free_number();
  return std::numeric_limits<std::uint32_t>::max();  // beyond any mask: the compiler says so
}

std::uint32_t RuleNumbers::number(const filter::RuleList& list, unsigned place,
                                  const filter::Rule& rule) {
  const auto text = text_of(rule);
  const Key key{text, seen_[text]++};
  const auto found = known_.find(key);
  const auto number = found == known_.end() ? free_number() : found->second.number;
  next_.emplace(key,
                Known{number, {number, list.direction, list.kind, {list.group, place}, rule}, 0});
  return number;
}

std::vector<NumberedRule> RuleNumbers::retired() const {
  std::vector<NumberedRule> gone;
  for (const auto& [key, known] : known_) {
    if (known.rule.rule.keep_state && !next_.contains(key)) gone.push_back(known.rule);
  }
  return gone;
}

bool RuleNumbers::forget_oldest() {
  auto oldest = known_.end();
  for (auto at = known_.begin(); at != known_.end(); ++at) {
    if (at->second.retired == 0 || next_.contains(at->first)) continue;
    if (oldest == known_.end() || at->second.retired < oldest->second.retired) oldest = at;
  }
  if (oldest == known_.end()) return false;
  taken_.erase(oldest->second.number);
  known_.erase(oldest);
  return true;
}

Result<void> RuleNumbers::commit() {
  std::erase_if(known_, [&](const auto& entry) {
    return !entry.second.rule.rule.keep_state && !next_.contains(entry.first);
  });
  std::size_t gone = 0;
  for (auto& [key, known] : known_) {
    if (next_.contains(key)) continue;
    if (known.retired == 0) known.retired = ++retirements_;
    ++gone;
  }
  for (; gone > kMostRetired; --gone) forget_oldest();
  for (auto& [key, known] : next_) known_.insert_or_assign(key, std::move(known));
  next_.clear();
  json::array rules;
  for (const auto& [key, known] : known_) {
    rules.push_back(json::object{{"number", known.number},
                                 {"place", known.rule.id.number},
                                 {"retired", known.retired},
                                 {"rule", key.first}});
  }
  json::object document{{"rules", std::move(rules)}};
  if (document == written_) return {};
  const auto done = file_.write(document);
  if (done) written_ = std::move(document);
  return done;
}

}  // namespace tunnel::supervisor
