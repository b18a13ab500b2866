#include "tunneld/import/findings.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <tuple>

namespace tunnel::importer {

namespace {

/// Long enough for every sentence of ours with a name in it.
constexpr std::size_t kLongest = 400;

std::string shown(std::string_view text) {
  auto out = printable(text.substr(0, kLongest));
  // A character that was cut in two is a "?", which the dots stand for as well.
  return text.size() > kLongest ? out + "..." : out;
}

void add_line(std::vector<unsigned>& lines, unsigned line) {
  if (line == 0) return;
  const auto at = std::lower_bound(lines.begin(), lines.end(), line);
  if (at == lines.end() || *at != line) lines.insert(at, line);
}

}  // namespace

void Findings::add(Attention attention, const Place& where, std::string_view what,
                   std::string_view advice) {
  Finding finding{attention, shown(where.file), {}, shown(what), shown(advice)};
  const auto same = std::find_if(all_.begin(), all_.end(), [&](const Finding& other) {
    return other.attention == finding.attention && other.file == finding.file &&
           other.what == finding.what && other.advice == finding.advice;
  });
  auto& into = same == all_.end() ? all_.emplace_back(std::move(finding)) : *same;
  add_line(into.lines, where.line);
}

void Findings::unneeded(const Place& where, std::string_view what) {
  Unneeded entry{{shown(where.file), where.line}, shown(what)};
  // A line of the section "default" is met once for every link.
  if (std::find(unneeded_.begin(), unneeded_.end(), entry) != unneeded_.end()) return;
  unneeded_.push_back(std::move(entry));
}

std::vector<Finding> Findings::sorted() const {
  std::vector<std::string_view> files;  // in the order in which they were met
  for (const auto& finding : all_) {
    if (std::find(files.begin(), files.end(), finding.file) == files.end()) {
      files.push_back(finding.file);
    }
  }
  const auto key = [&](const Finding& finding) {
    const auto file = std::find(files.begin(), files.end(), finding.file) - files.begin();
    return std::tuple{finding.attention, file, finding.lines.empty() ? 0 : finding.lines.front()};
  };
  auto all = all_;
  std::stable_sort(all.begin(), all.end(),
                   [&](const Finding& a, const Finding& b) { return key(a) < key(b); });
  return all;
}

}  // namespace tunnel::importer
