// What rc.conf says of links, of the machine's network, and of its filters.

#include "tunneld/import/rc_settings.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <array>

namespace tunnel::importer {

namespace {

constexpr std::string_view kOwnNetwork = "the network of the machine itself";
constexpr std::string_view kOwnNetworkAdvice =
    "give it its interfaces, addresses and routes in /etc/network/interfaces, or however it is "
    "done "
    "on it";

/// As rc.d/ppp makes the name of a variable of a profile's.
std::string variable_name(std::string label) {
  for (char& c : label) {
    if (std::string_view{".-/+"}.find(c) != std::string_view::npos) c = '_';
  }
  return label;
}

/// The variable of the link, or else that of all links; nullptr: neither is set.
const RcValue* setting_of(const RcConf& rc, const std::string& label, const std::string& what) {
  const auto* own = rc.find("ppp_" + variable_name(label) + '_' + what);
  return own != nullptr && !own->text.empty() ? own : rc.find("ppp_" + what);
}

bool is_yes(const std::string& text) {
  return text.size() == 3 && (text[0] | 0x20) == 'y' && (text[1] | 0x20) == 'e' &&
         (text[2] | 0x20) == 's';
}

struct StaticRoute {
  std::string network{};
  std::string gateway{};
};

/// "-net 192.168.5.0/24 10.224.1.2", "-net 10.1.0.0 -netmask 255.255.0.0 10.224.1.2", as route(8)
/// takes them.
std::optional<StaticRoute> static_route(const std::string& text) {
  std::vector<std::string> plain;
  std::string mask;
  std::string interface;
  const auto words = list_of(text);
  for (std::size_t at = 0; at < words.size(); ++at) {
    const bool last = at + 1 == words.size();
    if (words[at] == "-netmask" && !last) {
      mask = words[++at];
    } else if ((words[at] == "-interface" || words[at] == "-iface") && !last) {
      interface = words[++at];
    } else if (!words[at].starts_with('-')) {
      plain.push_back(words[at]);
    }
  }
  if (plain.empty()) return std::nullopt;
  StaticRoute route{plain[0], plain.size() > 1 ? plain[1] : interface};
  const auto length = length_of_mask(mask);
  if (length) route.network += '/' + std::to_string(*length);
  return route;
}

NewSite* site_behind(const std::string& gateway, std::vector<NewSite>& sites) {
  const auto found = std::find_if(sites.begin(), sites.end(), [&](const NewSite& site) {
    return gateway == site.remote || gateway == site.interface;
  });
  return gateway.empty() || found == sites.end() ? nullptr : &*found;
}

void translate_static_routes(const RcConf& rc, std::vector<NewSite>& sites, Findings& findings) {
  const auto names = list_of(rc.text("static_routes"));
  for (const auto& name : names) {
    const auto* value = rc.find("route_" + name);
    if (value == nullptr) continue;
    const auto route = static_route(value->text);
    auto* site = route ? site_behind(route->gateway, sites) : nullptr;
    if (site != nullptr) {
      add_network(route->network, value->where, *site, findings);
    } else {
      findings.add(Attention::NotCarried, value->where, kOwnNetwork, kOwnNetworkAdvice);
    }
  }
}

bool is_of_site(const std::string& interface, const std::vector<NewSite>& sites) {
  return std::any_of(sites.begin(), sites.end(),
                     [&](const NewSite& site) { return site.interface == interface; });
}

void list_interfaces(const RcConf& rc, const InterfaceLines& interfaces,
                     const std::vector<NewSite>& sites, Findings& findings) {
  for (const auto& [name, files] : interfaces) {
    if (is_of_site(name, sites) || name == "lo" || name == "lo0") continue;
    std::string where;
    for (const auto& [file, lines] : files) {
      where += (where.empty() ? "" : " and ") + std::to_string(lines.size()) + " of " + file;
    }
    const auto* value = rc.find("ifconfig_" + name);
    const auto& first = *files.begin();
    const Place place = value != nullptr ? value->where : Place{first.first, first.second.front()};
    const auto address = value != nullptr ? " (" + value->text + ')' : std::string{};
    findings.add(Attention::Check, place,
                 "the interface " + name + address + " is in lines of the rules: " + where,
                 "give the Linux interface this name (systemd.link), or write its own in the "
                 "rules");
  }
}

void list_own_network(const RcConf& rc, Findings& findings) {
  for (const auto& [name, value] : rc.values()) {
    const bool address = name.starts_with("ifconfig_") || name.starts_with("ipv4_addrs_") ||
                         name.starts_with("ipv6_ifconfig_");
    const bool router = (name == "defaultrouter" || name == "ipv6_defaultrouter") &&
                        value.text != "NO" && !value.text.empty();
    if (address || router) {
      findings.add(Attention::NotCarried, value.where, kOwnNetwork, kOwnNetworkAdvice);
    }
    if (name != "cloned_interfaces") continue;
    const auto clones = list_of(value.text);
    const auto is_tun = [](const auto& clone) { return clone.starts_with("tun"); };
    if (std::all_of(clones.begin(), clones.end(), is_tun)) {
      findings.unneeded(value.where, name);
    } else {
      findings.add(Attention::NotCarried, value.where, kOwnNetwork, kOwnNetworkAdvice);
    }
  }
}

void list_services(const RcConf& rc, Findings& findings) {
  struct Service {
    std::string_view variable;
    std::string_view what;
    std::string_view advice;
  };

  static constexpr std::string_view kWriteRules =
      "its rules are not looked at; write what they did in ipf.rules and ipnat.rules";
  static constexpr auto kServices =
      std::to_array<Service>({{"firewall_enable", "ipfw was in force", kWriteRules},
                              {"pf_enable", "pf was in force", kWriteRules},
                              {"natd_enable", "natd translated addresses", kWriteRules},
                              {"ippool_enable", "IPFilter had pools of addresses",
                               "write their addresses in the rules, one rule each"}});
  for (const auto& [variable, what, advice] : kServices) {
    if (rc.is_yes(variable)) {
      findings.add(Attention::NotCarried, rc.find(variable)->where, what, advice);
    }
  }
  if (const auto* ipv6 = rc.find("ipv6_ipfilter_rules")) {
    findings.add(Attention::NotCarried, ipv6->where, "the rules of IPv6 in " + ipv6->text,
                 "write them into ipf.rules, whose rules are of both families");
  }
  for (const std::string_view name : {"ipmon_enable", "ipmon_flags", "ipfs_enable",
                                      "ipfilter_flags", "ipnat_flags", "ppp_user"}) {
    const auto* value = rc.find(name);
    if (value != nullptr) findings.unneeded(value->where, name);
  }
}

}  // namespace

LinkStart start_of(const RcConf& rc, const std::string& label) {
  LinkStart start;
  const auto profiles = list_of(rc.text("ppp_profile"));
  const auto found = std::find(profiles.begin(), profiles.end(), label);
  if (rc.is_yes("ppp_enable") && found != profiles.end()) {
    start.position = static_cast<std::size_t>(found - profiles.begin());
  }
  const auto unit = decimal(rc.text("ppp_" + variable_name(label) + "_unit"));
  if (unit && *unit < 1000) start.unit = static_cast<unsigned>(*unit);
  const auto* mode = setting_of(rc, label, "mode");
  start.direct = start.position && mode != nullptr && mode->text == "direct";
  return start;
}

void translate_start(const RcConf& rc, const LinkStart& start, NewSite& site, Findings& findings) {
  if (!site.dials || !rc.is_yes("ppp_enable")) return;
  const auto& enabled = rc.find("ppp_enable")->where;
  if (!start.position) {
    site.autostart = false;
    findings.add(Attention::Check, enabled,
                 "nothing in rc.conf starts " + in_quotes(site.label) +
                     ", and so autostart is false in " + site.name.str(),
                 "if a script did, leave autostart out; else `tunnelctl up " + site.name.str() +
                     "` brings it up");
    return;
  }
  const auto* nat = setting_of(rc, site.label, "nat");
  if (nat != nullptr && !is_yes(nat->text)) return;
  findings.add(Attention::NotCarried, nat != nullptr ? nat->where : enabled,
               "ppp gave its own address to all that left by " + in_quotes(site.label) +
                   " (ppp_nat is YES unless it is set)",
               "if the far end has no route back: map " + site.interface +
                   " NETWORK -> 0/32 portmap tcp/udp auto, in ipnat.rules");
}

void translate_network(const RcConf& rc, const InterfaceLines& interfaces,
                       std::vector<NewSite>& sites, Findings& findings) {
  translate_static_routes(rc, sites, findings);
  list_own_network(rc, findings);
  list_services(rc, findings);
  list_interfaces(rc, interfaces, sites, findings);
}

std::string gateway_name(const RcConf& rc) {
  const auto name = rc.text("hostname");
  const auto first = name.substr(0, name.find('.'));
  return config::gateway_name(first).has_value() ? first : std::string{};
}

}  // namespace tunnel::importer
