// One profile: its tables, key by key, as tunneld.toml(5) lists them.

#include "tunneld/base/check.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/config/file_checks.hpp"
#include "tunneld/config/public_key.hpp"
#include "tunneld/config/site_draft.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <utility>

namespace tunnel::config {

namespace {

constexpr std::string_view kHostKeyExample = "[\"ssh-ed25519 AAAA...\"]";
constexpr std::string_view kAuthorizedKeysExample = "[\"ssh-ed25519 AAAA... gateway\"]";

constexpr std::array<KnownTable, 6> kTables{{
    {"site", true, "role = \"dial\" or role = \"answer\""},
    {"ssh", true, "host, identity and host_key to dial, or authorized_keys to answer"},
    {"ppp", true, "interface, local and remote"},
    {"routes", true, "remote, the list of the far site's networks"},
    {"reconnect", false, ""},
    {"filter", false, ""},
}};

void read_site_table(const Table& root, SiteDraft& draft) {
  auto in = open_table(root, "site", draft.report);
  draft.description = in.value_or("description", plain_text, std::string{});
  draft.autostart = in.value_or("autostart", autostart, Autostart::Yes);
  if (const auto found = in.required("role", role, "\"dial\" or \"answer\"")) {
    draft.role = found->value;
  }
  in.finish();
}

/// The role that [ssh] speaks of, for a profile whose own word is missing or wrong: the rest of the
/// file can then be checked in the same run.
std::optional<Role> guess_role(const TableReader& ssh) {
  if (ssh.has("authorized_keys") || ssh.has("from") || ssh.has("ticket")) return Role::Answer;
  if (ssh.has("host") || ssh.has("host_key") || ssh.has("identity") || ssh.has("agent")) {
    return Role::Dial;
  }
  return std::nullopt;
}

/// Absolute, whatever the profile says it relative to.
std::filesystem::path resolve(const std::filesystem::path& path, const Facts& facts) {
  return (facts.directory / path).lexically_normal();
}

void read_agent(TableReader& in, SiteDraft& draft, const Facts& facts) {
  const auto found = in.optional("agent", file_path);
  if (!found) return;
  draft.dial.agent = resolve(found->value, facts);
  check_agent(draft, found->where);
}

void read_identity(TableReader& in, SiteDraft& draft, const Facts& facts) {
  constexpr std::string_view kKey = "identity";
  const bool by_agent = !draft.dial.agent.empty();
  // Only the system's ssh can find a key elsewhere: in an agent, or named in its ssh_config.
  const auto found =
      by_agent || draft.dial.client == SshClient::Libssh2
          ? in.required(kKey, file_path, by_agent ? "\"keys/NAME.pub\"" : "\"keys/NAME\"")
          : in.optional(kKey, file_path);
  if (!found) return;
  draft.dial.identity = resolve(found->value, facts);
  check_identity(draft, found->where, facts);
}

void read_ssh_config(TableReader& in, SiteDraft& draft, const Facts& facts) {
  if (draft.dial.client == SshClient::Libssh2) {
    in.forbid("ssh_config", "\"ssh_config\" is read by OpenSSH's client only",
              "write client = \"openssh\" as well, or leave it out");
    return;
  }
  const auto found = in.optional("ssh_config", file_path);
  if (!found) return;
  draft.dial.ssh_config = resolve(found->value, facts);
  check_ssh_config(draft, found->where, facts);
}

/// A host that the tunnel itself would lead to cannot carry the tunnel. OpenSSH's client is
/// spared, for it may get there by a ProxyJump.
void check_host_is_outside(SiteDraft& draft, const Located<std::string>& host) {
  const bool number = Ipv4Address::parse(host.value) || Ipv6Address::parse(host.value);
  if (!number || draft.dial.client != SshClient::Libssh2) return;
  const auto address = *Prefix::parse(host.value);
  for (const auto& network : draft.networks) {
    if (!network.value.contains(address.address_bytes())) continue;
    draft.report.error(host.where,
                       host.value + " lies inside the remote network " + network.value.str(),
                       "the connection that carries the tunnel would be routed into it; write the "
                       "address of the far gateway's uplink");
  }
}

void read_dial(TableReader& in, SiteDraft& draft, const Facts& facts) {
  auto& dial = draft.dial;
  const auto host = in.required("host", ssh_host, "\"vpn.labs.example\"");
  dial.port = in.value_or("port", port, dial.port);
  dial.user = in.value_or("user", ssh_user, dial.user);
  dial.client = in.value_or("client", ssh_client, dial.client);
  read_agent(in, draft, facts);
  read_identity(in, draft, facts);
  for (auto& key : in.required_list("host_key", host_key, Empty::Refused, kHostKeyExample)) {
    dial.host_keys.push_back(std::move(key.value));
  }
  read_ssh_config(in, draft, facts);
  for (const std::string_view key : {"authorized_keys", "from", "ticket"}) {
    in.forbid(key, in_quotes(key) + " belongs to a site that answers; this one dials",
              "remove it here, and write it in the far gateway's profile");
  }
  if (host) {
    dial.host = host->value;
    check_host_is_outside(draft, *host);
  }
}

template <typename T, typename Same>
void refuse_repeats(const std::vector<Located<T>>& list, Same same, std::string_view message,
                    Report& report) {
  for (auto at = list.begin(); at != list.end(); ++at) {
    const auto is_same = [&](const auto& other) { return same(other.value, at->value); };
    if (std::any_of(list.begin(), at, is_same)) {
      report.error(at->where, std::string{message}, "remove one of them");
    }
  }
}

void read_answer(TableReader& in, SiteDraft& draft) {
  draft.authorized_keys =
      in.required_list("authorized_keys", authorized_key, Empty::Refused, kAuthorizedKeysExample);
  const auto same_key = [](const auto& a, const auto& b) { return a.base64 == b.base64; };
  refuse_repeats(draft.authorized_keys, same_key, "this key stands twice in the list",
                 draft.report);
  for (auto& network : in.list("from", source_network)) {
    draft.answer.from.push_back(std::move(network.value));
  }
  draft.answer.ticket = in.value_or("ticket", ticket, draft.answer.ticket);
  for (const std::string_view key :
       {"host", "port", "user", "identity", "agent", "host_key", "client", "ssh_config"}) {
    in.forbid(key, in_quotes(key) + " belongs to a site that dials; this one answers",
              "remove it here, and write it in the far gateway's profile");
  }
}

void read_ssh(const Table& root, SiteDraft& draft, const Facts& facts) {
  auto in = open_table(root, "ssh", draft.report);
  const auto part = draft.role ? draft.role : guess_role(in);
  if (!part) return;
  if (*part == Role::Dial) {
    read_dial(in, draft, facts);
  } else {
    read_answer(in, draft);
  }
  in.finish();
}

void read_routes(const Table& root, SiteDraft& draft) {
  auto in = open_table(root, "routes", draft.report);
  draft.networks =
      in.required_list("remote", remote_network, Empty::Allowed, "[\"192.168.253.0/24\"]");
  draft.routes.metric = in.value_or("metric", metric, draft.routes.metric);
  draft.routes.on_down = in.value_or("on_down", on_down, draft.routes.on_down);
  in.finish();
  refuse_repeats(draft.networks, std::equal_to<>{}, "this network stands twice in the list",
                 draft.report);
  const auto overlap = [](const Prefix& a, const Prefix& b) { return a != b && a.overlaps(b); };
  refuse_repeats(draft.networks, overlap, "this network overlaps another one in the list",
                 draft.report);
}

void read_reconnect(const Table& root, SiteDraft& draft) {
  if (draft.role == Role::Answer) {
    const auto* entry = root.find("reconnect");
    if (entry != nullptr) {
      draft.report.error(entry->key_where, "[reconnect] belongs to a site that dials",
                         "remove it: a site that answers waits for the other one");
    }
    return;
  }
  auto in = open_table(root, "reconnect", draft.report);
  const auto min = in.optional("min", reconnect_pause);
  const auto max = in.optional("max", reconnect_pause);
  draft.reconnect.attempts = in.value_or("attempts", attempts, draft.reconnect.attempts);
  in.finish();
  if (min) draft.reconnect.min = min->value;
  if (max) draft.reconnect.max = max->value;
  if (draft.reconnect.min > draft.reconnect.max) {
    draft.report.error(min ? min->where : max->where, "\"min\" is longer than \"max\"",
                       "the pause grows from min to max; they are 1s and 60s when left out");
  }
}

void read_filter(const Table& root, SiteDraft& draft, const Facts& facts) {
  auto in = open_table(root, "filter", draft.report);
  draft.filter_rules = read_rule_file(in, "rules", facts, draft.report);
  draft.filter_nat = read_rule_file(in, "nat", facts, draft.report);
  for (const std::string_view key : {"default", "log_group", "mark_mask", "log_states"}) {
    in.forbid(key, in_quotes(key) + " is of the gateway as a whole",
              "write it in [filter] of tunneld.toml");
  }
  in.finish();
}

}  // namespace

SiteDraft read_site(const SourceFile& file, const Facts& facts) {
  SiteDraft draft{.report = Report{file}};
  auto name = site_name(std::filesystem::path{file.name}.stem().string());
  if (name.has_value()) {
    draft.name = *name;
  } else {
    draft.report.error(name.error().message, name.error().hint);
  }
  if (!check_source(file, draft.report)) return draft;

  const auto document = parse_document(file.text);
  if (document.error) {
    const auto& error = *document.error;
    draft.report.error(error.where, error.message, error.hint);
    return draft;
  }
  check_tables(document.root, kTables, draft.report);
  read_site_table(document.root, draft);
  read_routes(document.root, draft);
  // After the networks, which the host must not lie in, and which want a protocol to carry them.
  read_ssh(document.root, draft, facts);
  read_ppp(document.root, draft, facts);
  read_reconnect(document.root, draft);
  read_filter(document.root, draft, facts);
  return draft;
}

Site finish_site(SiteDraft draft) {
  TUNNEL_CHECK(draft.report.clean() && draft.name && draft.interface && draft.role);
  auto ppp = std::move(draft.ppp);
  ppp.interface = draft.interface->value;
  if (draft.local) ppp.local = draft.local->value;
  if (draft.remote) ppp.remote = draft.remote->value;
  if (draft.pool) ppp.pool = draft.pool->value;
  if (draft.local6) ppp.local6 = draft.local6->value;
  if (draft.remote6) ppp.remote6 = draft.remote6->value;
  for (auto& key : draft.authorized_keys) {
    draft.answer.authorized_keys.push_back(std::move(key.value));
  }
  for (const auto& network : draft.networks) draft.routes.remote.push_back(network.value);
  std::variant<Dial, Answer> ssh{std::move(draft.answer)};
  if (*draft.role == Role::Dial) ssh = std::move(draft.dial);
  return Site{.name = *std::move(draft.name),
              .description = std::move(draft.description),
              .autostart = draft.autostart,
              .ssh = std::move(ssh),
              .ppp = std::move(ppp),
              .routes = std::move(draft.routes),
              .reconnect = draft.reconnect,
              .file = draft.report.file()};
}

}  // namespace tunnel::config
