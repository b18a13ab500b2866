// The addresses and networks of a link: `set ifaddr` and `add`.

#include "tunneld/base/text.hpp"
#include "tunneld/config/ppp_values.hpp"
#include "tunneld/config/values.hpp"
#include "tunneld/import/new_site.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

namespace tunnel::importer {

namespace {

/// One of the addresses of `set ifaddr`.
struct Wanted {
  std::string address{};              // "10.224.1.1"; empty: any
  bool wide = false;                  // another of the network does as well
  std::vector<std::string> choice{};  // ranges instead
  std::string complaint{};            // it cannot be: why
};

bool is_zero(const std::string& address) {
  return address == "0" || address == "0.0.0.0";
}

std::vector<std::string> ranges_of(const std::string& text) {
  std::vector<std::string> ranges;
  std::string_view rest{text};
  while (!rest.empty()) {
    const auto end = std::min(rest.find(','), rest.size());
    ranges.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return ranges;
}

Wanted wanted_choice(const std::string& text) {
  Wanted wanted;
  for (const auto& range : ranges_of(text)) {
    const auto addresses = config::pool_addresses(range);
    if (!addresses.has_value()) return {{}, false, {}, addresses.error().message};
    wanted.choice.push_back(range);
  }
  return wanted;
}

Wanted wanted_address(const std::string& text) {
  if (text.find_first_of(",-") != std::string::npos &&
      Ipv4Address::parse(text.substr(0, text.find_first_of(",-")))) {
    return wanted_choice(text);
  }
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  if (is_zero(address)) return {};
  const auto good = config::tunnel_address(address);
  if (!good.has_value()) return {{}, false, {}, good.error().message};
  return {good->str(), slash != std::string::npos && text.substr(slash) != "/32", {}, {}};
}

/// What the far end may have.
void take_remote(const Wanted& wanted, const WordsAt& from, NewSite& site, Findings& findings) {
  if (!wanted.choice.empty() && site.dials) {
    site.remote = "0.0.0.0/0";
  } else if (!wanted.choice.empty()) {
    site.pool = wanted.choice;
    findings.add(Attention::Check, from.where,
                 "the section " + in_quotes(site.label) + " gave addresses to many clients",
                 "a profile is one far gateway: copy it for each further one, with keys of its "
                 "own");
  } else if (wanted.address.empty() && wanted.complaint.empty() && site.dials) {
    site.remote = "0.0.0.0/0";
  } else {
    site.remote = wanted.address;
  }
}

void complain(const Wanted& wanted, const Place& where, Findings& findings) {
  if (wanted.complaint.empty()) return;
  findings.add(Attention::NotCarried, where, "an address of set ifaddr: " + wanted.complaint,
               "write the address in the profile");
}

struct Destination {
  std::string network{};
  std::string gateway{};
};

/// "add DESTINATION GATEWAY", "add ADDRESS MASK GATEWAY"; nullopt for anything else.
std::optional<Destination> destination_of(const std::vector<std::string>& words) {
  if (words.size() == 2) return Destination{words[0], words[1]};
  if (words.size() != 3) return std::nullopt;
  if (is_zero(words[0]) && is_zero(words[1])) return Destination{"default", words[2]};
  const auto length = length_of_mask(words[1]);
  if (!length) return std::nullopt;
  return Destination{words[0] + '/' + std::to_string(*length), words[2]};
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

bool is_the_peer(const std::string& gateway, const NewSite& site) {
  const auto word = upper(gateway);
  return word == "HISADDR" || word == "HISADDR6" || word == "INTERFACE" || gateway == site.remote ||
         (!site.interface.empty() && gateway == site.interface);
}

/// The network that an address with a length lies in, as a routing table takes it.
std::string without_host_bits(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return text;
  const auto length = decimal(text.substr(slash + 1));
  if (!length) return text;
  const auto bits = static_cast<unsigned>(*length);
  std::optional<Prefix> network;
  if (const auto v4 = Ipv4Address::parse(text.substr(0, slash))) {
    network = Prefix::containing(*v4, bits);
  } else if (const auto v6 = Ipv6Address::parse(text.substr(0, slash))) {
    network = Prefix::containing(*v6, bits);
  }
  return network ? network->str() : text;
}

}  // namespace

std::optional<std::int64_t> decimal(const std::string& text) {
  constexpr std::size_t kLongest = 9;
  std::int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  const bool good = !text.empty() && text.size() <= kLongest && parsed.ec == std::errc{} &&
                    parsed.ptr == end && value >= 0;
  return good ? std::optional{value} : std::nullopt;
}

std::optional<unsigned> length_of_mask(const std::string& mask) {
  std::optional<std::uint32_t> bits;
  if (const auto address = Ipv4Address::parse(mask)) {
    bits = address->value;
  } else if (mask.starts_with("0x") && mask.size() == 10) {
    std::uint32_t value = 0;
    const auto* end = mask.data() + mask.size();
    if (std::from_chars(mask.data() + 2, end, value, 16).ptr == end) bits = value;
  }
  if (!bits || std::countl_one(*bits) != std::popcount(*bits)) return std::nullopt;
  return static_cast<unsigned>(std::popcount(*bits));
}

void translate_addresses(const Link& link, NewSite& site, Findings& findings) {
  if (!link.addresses) {
    // ppp takes whatever the other end says.
    if (site.dials) site.local = site.remote = "0.0.0.0/0";
    return;
  }
  const auto& [words, where] = *link.addresses;
  const auto local = wanted_address(words.empty() ? "0" : words[0]);
  const auto remote = wanted_address(words.size() < 2 ? "0" : words[1]);
  const bool asks_for_none = words.size() > 3 && is_zero(words[3]);
  complain(local, where, findings);
  complain(remote, where, findings);
  const bool any_local = local.address.empty() || (asks_for_none && local.wide);
  site.local = local.address;
  if (any_local && local.complaint.empty() && site.dials) site.local = "0.0.0.0/0";
  take_remote(asks_for_none && remote.wide && site.dials ? Wanted{} : remote, *link.addresses, site,
              findings);
  const bool narrowed =
      (local.wide && site.local == local.address) || (remote.wide && site.remote == remote.address);
  if (narrowed) {
    findings.add(Attention::Check, where,
                 "set ifaddr let the ends agree on other addresses; " + site.name.str() +
                     " insists on these",
                 "leave it so if the far end has them; else append what was there, such as "
                 "local = \"" +
                     local.address + "/0\"");
  }
}

void add_network(const std::string& text, const Place& where, NewSite& site, Findings& findings) {
  const auto network = config::remote_network(without_host_bits(text));
  if (!network.has_value()) {
    findings.add(Attention::NotCarried, where, "the route: " + network.error().message,
                 network.error().hint);
    return;
  }
  auto& all = site.networks;
  const auto holds = [](const Prefix& wide, const Prefix& narrow) {
    return wide.overlaps(narrow) && wide.length() <= narrow.length();
  };
  if (std::any_of(all.begin(), all.end(),
                  [&](const Prefix& each) { return holds(each, *network); })) {
    return;
  }
  std::erase_if(all, [&](const Prefix& each) { return holds(*network, each); });
  all.push_back(*network);
}

void translate_routes(const Link& link, NewSite& site, Findings& findings) {
  for (const auto& [words, where] : link.routes) {
    const auto route = destination_of(words);
    if (!route) {
      findings.add(Attention::NotCarried, where, "this add is no route that ppp takes",
                   "write the network in [routes] remote");
      continue;
    }
    if (!is_the_peer(route->gateway, site)) {
      findings.add(Attention::NotCarried, where,
                   "a route through " + in_quotes(route->gateway) + ", which is not the far end",
                   "add it to the network configuration of the machine");
      continue;
    }
    const auto word = upper(route->network);
    if (word == "DEFAULT" || route->network == "0/0" || route->network == "0.0.0.0/0" ||
        route->network == "::/0") {
      findings.add(Attention::NotCarried, where, "the default route into the tunnel",
                   "list the networks behind the far gateway in [routes] remote; all of the "
                   "Internet would swallow the connection that carries the tunnel");
    } else if (word == "HISADDR" || word == "HISADDR6" || route->network == site.remote) {
      findings.unneeded(where, "add HISADDR");
    } else {
      add_network(route->network, where, site, findings);
    }
  }
}

}  // namespace tunnel::importer
