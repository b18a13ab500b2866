#include "tunneld/policy/source_checks.hpp"

#include "filter/nft/expressions.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tunnel::policy {

namespace {

using filter::nft::Value;

constexpr int kBeforeAllElse = -460;  // the first of the filter's own hooks is at -450

const config::Pool* pool_of(const config::Configuration& configuration, const std::string& name) {
  const auto found = std::find_if(configuration.pools.begin(), configuration.pools.end(),
                                  [&](const config::Pool& pool) { return pool.name == name; });
  return found == configuration.pools.end() ? nullptr : &*found;
}

/// Lets a packet be whose source is in there.
filter::nft::Expressions let_in(const char* protocol, Value addresses) {
  return {filter::nft::equal(filter::nft::payload(protocol, "saddr"), std::move(addresses)),
          filter::nft::accept()};
}

filter::nft::Expressions let_in(const Prefix& network) {
  const bool ipv4 = network.family() == Family::Ipv4;
  if (network.length() == 0) {
    return {filter::nft::equal(filter::nft::meta("nfproto"), Value(ipv4 ? "ipv4" : "ipv6")),
            filter::nft::accept()};
  }
  const auto text = network.str();
  const auto address = text.substr(0, text.find('/'));
  const bool host = network.length() == Prefix::max_length(network.family());
  return let_in(ipv4 ? "ip" : "ip6",
                host ? Value(address) : filter::nft::prefix(address, network.length()));
}

filter::nft::Chain chain_of(const config::Configuration& configuration, const config::Site& site,
                            std::string name) {
  filter::nft::Chain chain{std::move(name)};
  for (const auto& network : site.routes.remote) chain.rules.push_back(let_in(network));
  const auto* pool = pool_of(configuration, site.ppp.pool);
  if (pool != nullptr) {
    for (const auto& range : pool->addresses) {
      chain.rules.push_back(let_in(
          "ip",
          boost::json::object{{"range", boost::json::array{range.first.str(), range.last.str()}}}));
    }
  } else if (site.ppp.options.ip != Policy::Deny) {
    chain.rules.push_back(let_in(site.ppp.remote.network()));
  }
  if (site.ppp.remote6) chain.rules.push_back(let_in(Prefix::host(*site.ppp.remote6)));
  if (site.ppp.options.ipv6 != Policy::Deny) {
    chain.rules.push_back(let_in(*Prefix::parse("fe80::/10")));  // RFC 5072 §5
  }
  chain.rules.push_back({filter::nft::counter(), filter::nft::drop()});
  return chain;
}

}  // namespace

void add_source_checks(const config::Configuration& configuration, FilterPolicy& policy) {
  if (configuration.sites.empty()) return;
  filter::nft::Map tunnels{"tunnels", {"ifname"}, "verdict"};
  for (const auto& site : configuration.sites) {
    const auto& interface = site.ppp.interface.str();
    const auto name = "sources_" + interface;
    policy.source_checks.push_back(chain_of(configuration, site, name));
    policy.tunnels.push_back(site.ppp.interface);
    tunnels.elements.emplace_back(Value(interface), filter::nft::going_to(name));
  }
  policy.source_checks.push_back(
      {"sources",
       filter::nft::Hook{"filter", "prerouting", kBeforeAllElse},
       {{filter::nft::lead(filter::nft::meta("iifname"), tunnels.name)}}});
  policy.source_maps.push_back(std::move(tunnels));
}

filter::nft::Map without(filter::nft::Map tunnels, const std::vector<InterfaceName>& interfaces) {
  std::erase_if(tunnels.elements, [&](const auto& element) {
    return std::any_of(interfaces.begin(), interfaces.end(),
                       [&](const auto& each) { return element.first == Value(each.str()); });
  });
  return tunnels;
}

void close(const std::vector<InterfaceName>& interfaces, filter::nft::Table& table) {
  const auto add = [&](const char* name, const char* hook, const char* key) {
    filter::nft::Chain chain{name, filter::nft::Hook{"filter", hook, kBeforeAllElse}};
    for (const auto& interface : interfaces) {
      chain.rules.push_back({filter::nft::equal(filter::nft::meta(key), Value(interface.str())),
                             filter::nft::drop()});
    }
    table.chains.push_back(std::move(chain));
  };
  add("closing_in", "prerouting", "iifname");
  add("closing_out", "postrouting", "oifname");
}

}  // namespace tunnel::policy
