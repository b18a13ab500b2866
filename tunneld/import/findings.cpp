#include "tunneld/import/findings.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <tuple>

namespace tunnel::importer {

namespace {

/// Long enough for every sentence of ours with a name in it.
constexpr std::size_t kLongest = 400;

/// More than anybody reads.
constexpr std::size_t kMost = 2000;

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
  if (same != all_.end()) return add_line(same->lines, where.line);
  if (all_.size() == kMost) {
    finding = {attention,
               shown(where.file),
               {},
               "there is more than is listed",
               "mend what is, and import again"};
  } else if (all_.size() > kMost) {
    return;
  }
  add_line(finding.lines, where.line);
  all_.push_back(std::move(finding));
}

void Findings::unneeded(const Place& where, std::string_view what) {
  Unneeded entry{{shown(where.file), where.line}, shown(what)};
  // A line of the section "default" is met once for every link.
  if (unneeded_.size() == kMost) return;
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
