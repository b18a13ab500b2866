#include "tunneld/supervisor/boot_filter.hpp"

#include "filter/kernel/nftables.hpp"
#include "filter/nft/commands.hpp"
#include "routes/conflicts.hpp"
#include "routes/kernel.hpp"
#include "tunneld/base/diagnostic.hpp"
#include "tunneld/config/load.hpp"
#include "tunneld/policy/policy.hpp"
#include "tunneld/supervisor/name_store.hpp"
#include "tunneld/supervisor/refused_rule.hpp"
#include "tunneld/supervisor/rule_numbers.hpp"

#include <boost/json/object.hpp>
#include <fmt/format.h>

#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace tunnel::supervisor {

namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

std::string texts(const std::vector<Diagnostic>& diagnostics) {
  std::string all;
  for (const auto& each : diagnostics) all += explain(each) + '\n';
  return all;
}

/// Those of these names that are somebody else's interfaces. Where nobody can say: none, and all is
/// checked, as fails closed.
std::vector<InterfaceName> taken(std::vector<InterfaceName> names) {
  const auto links = routes::read_links();
  return links ? routes::taken(std::move(names), {}, *links) : std::vector<InterfaceName>{};
}

/// The elements that a command adds to the map of the tunnels; nullptr for another command.
boost::json::array* tunnels_of(boost::json::value& command) {
  std::error_code error;
  const auto* name = command.find_pointer("/add/element/name", error);
  if (name == nullptr || *name != boost::json::value("tunnels")) return nullptr;
  auto* elements = command.find_pointer("/add/element/elem", error);
  return elements == nullptr ? nullptr : elements->if_array();
}

std::optional<InterfaceName> key_of(const boost::json::value& element) {
  std::error_code error;
  const auto* key = element.find_pointer("/0", error);
  if (key == nullptr || !key->is_string()) return std::nullopt;
  return InterfaceName::parse(key->get_string());
}

/// Takes such interfaces out of commands that were kept; returns them.
std::vector<InterfaceName> spare_taken(boost::json::value& commands) {
  std::vector<InterfaceName> spared;
  auto* all = commands.if_array();
  const auto links = routes::read_links();
  if (all == nullptr || !links) return spared;
  for (auto at = all->begin(); at != all->end();) {
    auto* elements = tunnels_of(*at);
    for (auto each = elements == nullptr ? nullptr : elements->begin();
         elements != nullptr && each != elements->end();) {
      const auto name = key_of(*each);
      const bool spare = name && !routes::taken({*name}, {}, *links).empty();
      if (spare) spared.push_back(*name);
      each = spare ? elements->erase(each) : each + 1;
    }
    const bool nothing_left = elements != nullptr && elements->empty();
    at = nothing_left ? all->erase(at) : at + 1;
  }
  return spared;
}

std::string taken_texts(const std::vector<InterfaceName>& names) {
  std::string all;
  for (const auto& name : names) {
    all += routes::taken_text(name) + ": what comes from it is not checked\n";
  }
  return all;
}

/// With the numbers that the daemon will give them.
Result<void> put(filter::kernel::Nftables& nftables, const policy::FilterPolicy& policy,
                 const std::filesystem::path& state_dir) {
  RuleNumbers numbers{state_dir / "rules.json"};
  static_cast<void>(numbers.load());  // the daemon says what is wrong with it
  numbers.begin(policy.rules.rule_lists, policy.options.mark_mask);
  auto options = policy.options;
  options.number = [&](const filter::RuleList&, const filter::RuleId&, const filter::Rule& rule) {
    return numbers.number(rule);
  };
  return nftables.run(filter::nft::replace(policy::compile(policy, options).table));
}

}  // namespace

StateFile saved_filter(const std::filesystem::path& state_dir) {
  return {state_dir / "filter.json", kMostBytes, "it cannot be put in force at boot"};
}

Result<std::string> put_filter_in_force(const std::filesystem::path& config_dir) {
  filter::kernel::Nftables nftables;
  const auto loaded = config::load(config_dir, config::SecretsWanted::No);
  auto wrong = texts(loaded.diagnostics);
  const auto state_dir =
      loaded.configuration ? loaded.configuration->gateway.state_dir : config::Gateway{}.state_dir;
  if (loaded.configuration) {
    auto read = load_policy(*loaded.configuration);
    auto& policy = read.policy;
    wrong = texts(read.diagnostics);
    if (wrong.empty()) {
      policy.taken = taken(names_of_tunnels(policy));
      const auto done = put(nftables, policy, state_dir);
      if (done) return taken_texts(policy.taken) + "the packet filter is in force";
      wrong = texts({why_refused(nftables, policy, done.error())});
    }
  }
  auto commands = saved_filter(state_dir).read();
  if (!commands) return Error{commands.error().code, wrong + commands.error().context};
  if (!commands->contains("nftables")) {
    return make_error(std::errc::invalid_argument,
                      wrong + "and no packet filter was in force before");
  }
  wrong += taken_texts(spare_taken(commands->at("nftables")));
  const boost::json::object wanted{{"nftables", commands->at("nftables")}};
  if (const auto done = nftables.run(wanted); !done) return done.error();
  return wrong + "the packet filter that was last in force is in force again";
}

}  // namespace tunnel::supervisor
