#include "tunneld/policy/policy.hpp"

#include "tunneld/config/file_reading.hpp"
#include "tunneld/policy/source_checks.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace tunnel::policy {

namespace {

using filter::language::PolicySource;
using filter::language::Variables;

/// Longer than any list of rules that the kernel takes in a reasonable time.
constexpr std::size_t kMostOctets = std::size_t{16} << 20;

/// What a site's own rules may speak of. An address that the peer chooses has no name.
Variables variables_of(const config::Site& site) {
  Variables variables{{"interface", site.ppp.interface.str()}};
  const bool ipv4 = site.ppp.options.ip != Policy::Deny;
  if (ipv4 && site.ppp.local.fixed()) variables["local"] = site.ppp.local.str();
  if (ipv4 && site.ppp.pool.empty() && site.ppp.remote.fixed()) {
    variables["remote"] = site.ppp.remote.str();
  }
  return variables;
}

class Reader {
 public:
  explicit Reader(Loaded& loaded) : loaded_{loaded} {}

  void read(PolicySource::Language language, const std::filesystem::path& path,
            const Variables& variables) {
    if (path.empty()) return;
    auto text = config::read_text(path, kMostOctets);
    if (!text) {
      loaded_.diagnostics.push_back({.file = path.string(), .message = text.error().message()});
      return;
    }
    loaded_.policy.sources.push_back({language, path.string(), std::move(*text), variables});
  }

 private:
  Loaded& loaded_;
};

void read_sources(const config::Configuration& configuration, Loaded& loaded) {
  const auto& filter = *configuration.filter;
  Reader reader{loaded};
  reader.read(PolicySource::Language::Ipf, filter.rules, {});
  reader.read(PolicySource::Language::Ipnat, filter.nat, {});
  for (const auto& part : filter.sites) {
    const auto site =
        std::find_if(configuration.sites.begin(), configuration.sites.end(),
                     [&](const config::Site& each) { return each.name == part.site; });
    if (site == configuration.sites.end()) continue;
    const auto variables = variables_of(*site);
    reader.read(PolicySource::Language::Ipf, part.rules, variables);
    reader.read(PolicySource::Language::Ipnat, part.nat, variables);
  }
}

filter::compiler::Options options_of(const config::Filter& filter) {
  using Default = filter::compiler::Options::Default;
  filter::compiler::Options options;
  options.by_default =
      filter.by_default == config::FilterDefault::Block ? Default::Block : Default::Pass;
  options.log_group = filter.log_group;
  options.mark_mask = filter.mark_mask;
  return options;
}

}  // namespace

Diagnostic about_rule(const FilterPolicy& policy, const filter::Place& place, std::string message,
                      std::string hint) {
  if (place.file >= policy.sources.size()) return {.message = std::move(message)};
  const auto& source = policy.sources[place.file];
  return filter::language::mistake_in_line({source.name, source.text, place.file}, place.line,
                                           std::move(message), std::move(hint));
}

std::vector<InterfaceName> names_of_tunnels(const FilterPolicy& policy) {
  auto names = policy.tunnels;
  names.insert(names.end(), policy.closing.begin(), policy.closing.end());
  return names;
}

filter::compiler::Compiled compile(const FilterPolicy& policy,
                                   const filter::compiler::Options& options) {
  filter::compiler::Compiled compiled;
  compiled.table.name = options.table;
  if (policy.filters) {
    compiled = filter::compiler::compile(policy.rules.rule_lists, policy.rules.nat_lists, options);
  }
  auto& table = compiled.table;
  table.chains.insert(table.chains.end(), policy.source_checks.begin(), policy.source_checks.end());
  for (const auto& map : policy.source_maps) table.maps.push_back(without(map, policy.taken));
  auto closing = policy.closing;
  std::erase_if(closing, [&](const InterfaceName& each) {
    return std::find(policy.taken.begin(), policy.taken.end(), each) != policy.taken.end();
  });
  if (!closing.empty()) close(closing, table);
  return compiled;
}

Loaded load(const config::Configuration& configuration, const filter::language::Names& names) {
  Loaded loaded;
  auto& policy = loaded.policy;
  add_source_checks(configuration, policy);
  if (!configuration.filter) return loaded;
  policy.filters = true;
  policy.options = options_of(*configuration.filter);
  policy.log_states = configuration.filter->log_states;
  read_sources(configuration, loaded);
  policy.rules = parse_policy(policy.sources, names);
  std::move(policy.rules.mistakes.begin(), policy.rules.mistakes.end(),
            std::back_inserter(loaded.diagnostics));
  if (!loaded.diagnostics.empty()) return loaded;
  for (auto& problem : compile(policy, policy.options).problems) {
    loaded.diagnostics.push_back(
        about_rule(policy, problem.place, std::move(problem.message), std::move(problem.hint)));
  }
  return loaded;
}

}  // namespace tunnel::policy
