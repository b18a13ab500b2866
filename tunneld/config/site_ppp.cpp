// [ppp] of a profile, with [ppp.options] and [ppp.auth].
//
// Which keys must be there hangs on which protocols the link is to carry, and that on what other
// keys say: a profile without IPv4 addresses that asks for IPv6 is one of IPv6 alone.

#include "tunneld/base/text.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/config/ppp_values.hpp"
#include "tunneld/config/site_draft.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::config {

namespace {

constexpr std::string_view kLocalExample = "\"10.224.1.1\", this end's address";
constexpr std::string_view kRemoteExample = "\"10.224.1.2\", the far end's address";

/// The policies that a later check may find to contradict something.
struct WrittenOptions {
  std::optional<Located<Policy>> ip{};
  std::optional<Located<Policy>> ipv6{};
  std::optional<Located<Policy>> dns{};
  std::optional<Located<Policy>> nbns{};
};

bool has_network(const SiteDraft& draft, Family family) {
  return std::any_of(draft.networks.begin(), draft.networks.end(),
                     [&](const auto& network) { return network.value.family() == family; });
}

WrittenOptions read_options(TableReader& ppp, SiteDraft& draft) {
  auto in = ppp.table("options", "ppp.options");
  auto& options = draft.ppp.options;
  WrittenOptions written;
  const auto read = [&](std::string_view key, Policy& into,
                        Checked<Policy> (*check)(std::string_view)) {
    auto found = in.optional(key, check);
    if (found) into = found->value;
    return found;
  };
  read("mru", options.mru, mru_policy);
  read("accm", options.accm, policy);
  read("magic", options.magic, policy);
  read("pfc", options.pfc, policy);
  read("acfc", options.acfc, policy);
  read("fcs", options.fcs, policy);
  written.ip = read("ip", options.ip, policy);
  written.ipv6 = read("ipv6", options.ipv6, policy);
  written.dns = read("dns", options.dns, policy);
  written.nbns = read("nbns", options.nbns, policy);
  read("deflate", options.deflate, policy);
  in.finish();
  return written;
}

/// The policies of the two protocols where the profile leaves them out.
void choose_protocols(const TableReader& in, const WrittenOptions& written, SiteDraft& draft) {
  auto& options = draft.ppp.options;
  if (!written.ipv6) {
    const bool wanted = in.has("local6") || has_network(draft, Family::Ipv6);
    options.ipv6 = wanted ? Policy::Request : Policy::Deny;
  }
  const bool addressed = in.has("local") || in.has("remote") || in.has("pool");
  if (!written.ip && !addressed && asks(options.ipv6) && !has_network(draft, Family::Ipv4)) {
    options.ip = Policy::Deny;
  }
}

void read_pool(TableReader& in, SiteDraft& draft) {
  if (draft.role == Role::Dial) {
    in.forbid("pool", "\"pool\" belongs to a site that answers; this one dials",
              "write remote = \"ADDRESS\", or \"0.0.0.0/0\" for whatever the far end has");
    return;
  }
  draft.pool = in.optional("pool", pool_name);
  if (draft.pool && in.has("remote")) {
    draft.report.error(draft.pool->where, "the far end has an address, and a pool to take one from",
                       "leave out either \"remote\" or \"pool\"");
    draft.pool.reset();  // one mistake is enough
  }
}

/// local, remote and pool, in a profile whose link carries IPv4.
void read_addresses(TableReader& in, SiteDraft& draft) {
  draft.local = in.required("local", address_wish, kLocalExample);
  read_pool(in, draft);
  draft.remote = in.has("pool") ? in.optional("remote", address_wish)
                                : in.required("remote", address_wish, kRemoteExample);
  if (!draft.local || !draft.remote) return;
  const auto& local = draft.local->value;
  const auto& remote = *draft.remote;
  if (local.preferred == remote.value.preferred && !local.preferred.is_unspecified()) {
    draft.report.error(remote.where, "both ends have the address " + local.preferred.str(),
                       "write the far end's address here; it is \"local\" over there");
  } else if (local.fixed() && !remote.value.fixed() && remote.value.length != 0 &&
             remote.value.allows(local.preferred)) {
    draft.report.error(
        remote.where,
        "the far end may take any address of " + remote.value.network().str() +
            ", and this end's is one of them",
        "write a network without " + local.preferred.str() + ", or the far end's address alone");
  }
  if (draft.role == Role::Answer && remote.value.length == 0) {
    draft.report.error(remote.where, "a site that answers lets the far end have any address at all",
                       "write the address that it is given, or a network that it may choose from");
  }
}

/// The same in a profile whose link does not: none of them has a meaning.
void refuse_addresses(TableReader& in) {
  for (const std::string_view key : {"local", "remote", "pool", "dns", "nbns"}) {
    in.forbid(key, in_quotes(key) + " is for IPv4, which this link does not carry",
              "leave it out, or write ip = \"request\" in [ppp.options]");
  }
}

void read_addresses6(TableReader& in, SiteDraft& draft) {
  if (draft.ppp.options.ipv6 == Policy::Deny) {
    for (const std::string_view key : {"local6", "remote6", "interface_id"}) {
      in.forbid(key, in_quotes(key) + " is for IPv6, which this link does not carry",
                "leave it out, or write ipv6 = \"request\" in [ppp.options]");
    }
    return;
  }
  draft.ppp.interface_id = in.value_or("interface_id", interface_id, std::uint64_t{0});
  const bool both = in.has("local6") || in.has("remote6");
  const auto read = [&](std::string_view key, std::string_view example) {
    return both ? in.required(key, tunnel_address6, example) : in.optional(key, tunnel_address6);
  };
  draft.local6 = read("local6", "\"fd00:224::1\", this end's address");
  draft.remote6 = read("remote6", "\"fd00:224::2\", the far end's address");
  if (draft.local6 && draft.remote6 && draft.local6->value == draft.remote6->value) {
    draft.report.error(draft.remote6->where,
                       "both ends have the address " + draft.remote6->value.str(),
                       "write the far end's address here; it is \"local6\" over there");
  }
}

void check_protocols(const WrittenOptions& written, SiteDraft& draft) {
  const auto& options = draft.ppp.options;
  if (options.ip == Policy::Deny && options.ipv6 == Policy::Deny) {
    draft.report.error(written.ip->where, "this link would carry neither IPv4 nor IPv6",
                       "leave ip out, or write ipv6 = \"request\" as well");
    return;
  }
  for (const auto& network : draft.networks) {
    const bool v4 = network.value.family() == Family::Ipv4;
    if ((v4 ? options.ip : options.ipv6) != Policy::Deny) continue;
    const std::string family = v4 ? "IPv4" : "IPv6";
    draft.report.error(network.where,
                       network.value.str() + " is " + family + ", which this link does not carry",
                       v4 ? "give [ppp] local and remote, or leave the network out"
                          : "write ipv6 = \"request\" in [ppp.options], or leave the network out");
  }
}

std::vector<Ipv4Address> read_servers(TableReader& in, std::string_view key,
                                      const std::optional<Located<Policy>>& policy,
                                      SiteDraft& draft) {
  constexpr std::size_t kMost = 2;  // RFC 1877 has a primary and a secondary one
  std::vector<Ipv4Address> servers;
  for (const auto& server : in.list(key, name_server)) {
    servers.push_back(server.value);
    if (servers.size() == kMost + 1) {
      draft.report.error(server.where, "a peer is told of two addresses at most",
                         "leave out all but the two it should try first");
    }
  }
  if (!servers.empty() && policy && policy->value == Policy::Deny) {
    draft.report.error(policy->where, in_quotes(key) + " is denied, but has addresses to tell",
                       "write \"accept\", or leave the addresses out");
  }
  return servers;
}

/// A value that is proposed to the peer: an error where the profile says that nothing is.
template <typename T, typename Raw>
void read_asked(TableReader& in, std::string_view key, Checked<T> (*check)(Raw), Policy policy,
                T& into, Report& report) {
  const auto found = in.optional(key, check);
  if (!found) return;
  into = found->value;
  if (asks(policy)) return;
  report.error(
      found->where, "the far end is never asked for this " + in_quotes(key),
      "write " + std::string{key} + " = \"request\" in [ppp.options], or leave the value out");
}

void read_lcp(TableReader& in, SiteDraft& draft) {
  auto& ppp = draft.ppp;
  ppp.ident = in.value_or("ident", plain_text, ppp.ident);
  read_asked(in, "mru", mru, ppp.options.mru, ppp.mru, draft.report);
  read_asked(in, "accm", accm, ppp.options.accm, ppp.accm, draft.report);
  read_asked(in, "fcs", fcs, ppp.options.fcs, ppp.fcs, draft.report);
  ppp.restart = in.value_or("restart", restart_interval, ppp.restart);
  ppp.max_configure = in.value_or("max_configure", max_configure, ppp.max_configure);
  ppp.max_terminate = in.value_or("max_terminate", max_terminate, ppp.max_terminate);
  ppp.max_failure = in.value_or("max_failure", max_failure, ppp.max_failure);
  ppp.echo_interval = in.value_or("echo_interval", echo_interval, ppp.echo_interval);
  ppp.echo_failures = in.value_or("echo_failures", echo_failures, ppp.echo_failures);
  ppp.offload = in.value_or("offload", offload, ppp.offload);
  ppp.clamp_mss = in.value_or("clamp_mss", clamp_mss, ppp.clamp_mss);
}

/// RFC 8200 §5: IPv6 has no link of a smaller MTU, and the kernel none on such an interface. A link
/// that may carry it, and asks for nothing of it, does without.
void check_ipv6_fits(SiteDraft& draft) {
  constexpr std::uint16_t kMinMru = 1280;
  if (draft.ppp.mru.bytes >= kMinMru) return;
  const auto complain = [&draft](Location where, const std::string& what) {
    draft.report.error(
        where,
        what + " needs an MRU of 1280, and this site's is " + std::to_string(draft.ppp.mru.bytes),
        "write mru = 1280 or more in [ppp], or leave IPv6 out");
  };
  if (draft.local6) return complain(draft.local6->where, "an IPv6 address");
  for (const auto& network : draft.networks) {
    if (network.value.family() != Family::Ipv6) continue;
    return complain(network.where, "a network of IPv6");
  }
}

void check_interface(SiteDraft& draft, const Facts& facts) {
  if (!draft.interface || !facts.taken || !facts.taken(draft.interface->value)) return;
  draft.report.error(draft.interface->where,
                     in_quotes(draft.interface->value.str()) +
                         " is an interface of this machine already, and no tun of tunneld's",
                     "write another name, such as \"tun0\"");
}

}  // namespace

void read_ppp(const Table& root, SiteDraft& draft, const Facts& facts) {
  auto in = open_table(root, "ppp", draft.report);
  draft.interface = in.required("interface", interface_name, "\"tun0\"");
  const auto written = read_options(in, draft);
  choose_protocols(in, written, draft);
  check_interface(draft, facts);
  if (draft.ppp.options.ip == Policy::Deny) {
    refuse_addresses(in);
  } else {
    read_addresses(in, draft);
    draft.ppp.dns = read_servers(in, "dns", written.dns, draft);
    draft.ppp.nbns = read_servers(in, "nbns", written.nbns, draft);
  }
  read_addresses6(in, draft);
  check_protocols(written, draft);
  read_lcp(in, draft);
  check_ipv6_fits(draft);
  read_auth(in, draft, facts);
  in.finish();
}

}  // namespace tunnel::config
