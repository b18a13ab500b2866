#include "tunneld/import/rule_copy.hpp"

#include "filter/compiler/compiler.hpp"
#include "tunneld/base/text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace tunnel::importer {

namespace {

using filter::language::Names;
using filter::language::PolicySource;

/// A rule with the lines that continue it, or whatever else stands between two line ends.
struct Block {
  std::vector<std::string> lines{};    // without their ends
  unsigned first = 1;                  // its line in the file
  std::vector<std::string> reasons{};  // why it is left out; empty: it is not
};

std::vector<Block> blocks_of(std::string_view text) {
  std::vector<Block> blocks;
  bool continued = false;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string line{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    while (line.ends_with('\r')) line.pop_back();
    if (!continued) blocks.push_back({{}, number, {}});
    continued = line.ends_with('\\');
    blocks.back().lines.push_back(std::move(line));
  }
  return blocks;
}

/// The file with the same lines, and nothing in those that are left out.
std::string remaining(const std::vector<Block>& blocks) {
  std::string text;
  for (const auto& block : blocks) {
    for (const auto& line : block.lines) text += (block.reasons.empty() ? line : "") + '\n';
  }
  return text;
}

Block* block_at(std::vector<Block>& blocks, unsigned line) {
  const auto behind =
      std::upper_bound(blocks.begin(), blocks.end(), line,
                       [](unsigned wanted, const Block& block) { return wanted < block.first; });
  return behind == blocks.begin() ? nullptr : &*std::prev(behind);
}

/// What is wrong with a file by itself: it is read, and put into the form that the kernel gets.
std::vector<std::pair<unsigned, std::string>> problems_of(
    const filter::language::ParsedPolicy& policy) {
  std::vector<std::pair<unsigned, std::string>> all;
  for (const auto& mistake : policy.mistakes) all.emplace_back(mistake.line, mistake.message);
  if (!all.empty()) return all;
  const auto compiled = filter::compiler::compile(policy.rule_lists, policy.nat_lists, {});
  for (const auto& each : compiled.problems) all.emplace_back(each.place.line, each.message);
  return all;
}

/// Leaves out what has a mistake, until nothing has: a rule may stand on another one.
filter::language::ParsedPolicy settle(PolicySource::Language language, const OldFile& file,
                                      const Names& names, std::vector<Block>& blocks) {
  while (true) {
    auto policy =
        filter::language::parse_policy({{language, file.name, remaining(blocks), {}}}, names);
    bool changed = false;
    for (const auto& [line, reason] : problems_of(policy)) {
      auto* block = block_at(blocks, line);
      if (block == nullptr) continue;
      block->reasons.push_back(reason);
      changed = true;
    }
    if (!changed) return policy;
  }
}

/// As a remark: nothing in it may begin a line of its own.
std::string remark(std::string_view text) {
  return "# " + printable(text) + '\n';
}

std::string text_of(const std::vector<Block>& blocks) {
  std::string text;
  for (const auto& block : blocks) {
    for (const auto& reason : block.reasons) text += remark("left out: " + reason);
    for (const auto& line : block.lines) {
      text += block.reasons.empty() ? line + '\n' : remark(line);
    }
  }
  return text;
}

/// What a rule that is left out means for those that are not.
void tell(const Block& block, const std::string& file, Findings& findings) {
  const std::string_view line{block.lines.front()};
  const auto begin = std::min(line.find_first_not_of(" \t"), line.size());
  const auto rule = line.substr(begin);
  std::string what = "this line is left out";
  if (rule.starts_with("block") || rule.starts_with('@')) {
    what += ", so that what it blocked is not blocked by it";
  }
  if (rule.find(" head ") != std::string_view::npos) {
    what += ", and the rules of its group are never asked";
  }
  what += ": " + block.reasons.front();
  findings.add(Attention::NotCarried, {file, block.first}, what,
               "write it in another way (docs/filter.md); it stands in the copy as a remark");
}

void note(std::map<std::string, std::vector<unsigned>>& interfaces, const std::string& name,
          unsigned line) {
  auto& lines = interfaces[name];
  if (lines.empty() || lines.back() != line) lines.push_back(line);
}

}  // namespace

RuleCopy copy_rules(PolicySource::Language language, const OldFile& file, const Names& names,
                    Findings& findings) {
  auto blocks = blocks_of(file.text);
  const auto policy = settle(language, file, names, blocks);
  RuleCopy copy;
  for (const auto& block : blocks) {
    if (block.reasons.empty()) continue;
    ++copy.left_out;
    tell(block, file.name, findings);
  }
  copy.text = text_of(blocks);
  copy.rules = policy.rules.size() + policy.nat.size();
  for (const auto& rule : policy.rules) {
    if (rule.interface) note(copy.interfaces, rule.interface->str(), rule.place.line);
  }
  for (const auto& rule : policy.nat) note(copy.interfaces, rule.interface.str(), rule.place.line);
  return copy;
}

}  // namespace tunnel::importer
