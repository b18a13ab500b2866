#include "tunneld/config/parse.hpp"

#include "tunneld/config/gateway.hpp"
#include "tunneld/config/site_draft.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace tunnel::config {

namespace {

/// What all files say about the packet filter.
std::optional<Filter> filter_of(std::optional<Filter> filter, const std::vector<SiteDraft>& sites) {
  for (const auto& draft : sites) {
    if (draft.filter_rules.empty() && draft.filter_nat.empty()) continue;
    if (!filter) filter.emplace();
    filter->sites.push_back({*draft.name, draft.filter_rules, draft.filter_nat});
  }
  return filter;
}

/// The end of every run: all diagnostics, or else a configuration.
Loaded conclude(GatewayDraft gateway, const Report& gateway_report, std::vector<SiteDraft> drafts) {
  Loaded loaded{.diagnostics = gateway_report.sorted()};
  for (const auto& draft : drafts) {
    auto diagnostics = draft.report.sorted();
    std::move(diagnostics.begin(), diagnostics.end(), std::back_inserter(loaded.diagnostics));
  }
  if (!loaded.diagnostics.empty()) return loaded;

  Configuration configuration{.gateway = std::move(gateway.gateway), .sites = {}};
  for (auto& draft : gateway.pools) {
    Pool pool{.name = std::move(draft.name.value)};
    for (const auto& range : draft.addresses) pool.addresses.push_back(range.value);
    configuration.pools.push_back(std::move(pool));
  }
  configuration.filter = filter_of(std::move(gateway.filter), drafts);
  configuration.metrics = std::move(gateway.metrics);
  for (auto& draft : drafts) configuration.sites.push_back(finish_site(std::move(draft)));
  loaded.configuration = std::move(configuration);
  return loaded;
}

}  // namespace

Loaded parse(const SourceFile& gateway, std::span<const SourceFile> sites, const Facts& facts) {
  Report report{gateway};
  auto read = read_gateway(gateway, facts, report);
  std::vector<SiteDraft> drafts;
  for (const auto& site : sites) drafts.push_back(read_site(site, facts));
  // Files may come in any order; sites, and complaints about two of them, come by name.
  std::sort(drafts.begin(), drafts.end(), [](const auto& a, const auto& b) {
    return std::tie(a.name, a.report.file()) < std::tie(b.name, b.report.file());
  });
  compare_sites(drafts);
  compare_pools(read.pools, report, drafts);
  return conclude(std::move(read), report, std::move(drafts));
}

Loaded parse_alone(const SourceFile& file, const Facts& facts) {
  if (std::filesystem::path{file.name}.filename() == "tunneld.toml" || looks_like_gateway(file)) {
    return parse(file, {}, facts);
  }
  std::vector<SiteDraft> drafts;
  drafts.push_back(read_site(file, facts));
  return conclude({.gateway = {.name = facts.host_name}}, Report{SourceFile{}}, std::move(drafts));
}

}  // namespace tunnel::config
