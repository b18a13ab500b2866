// The verbs that are one call to the daemon: up, down, restart, retry, reload, routes, leases,
// metrics, version.

#include "tunneld/base/version.hpp"
#include "tunneld/ctl/columns.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/units.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

std::string_view method(SiteVerb verb) {
  switch (verb) {
    case SiteVerb::Up:
      return "up";
    case SiteVerb::Down:
      return "down";
    case SiteVerb::Restart:
      return "restart";
    case SiteVerb::Retry:
      return "retry";
  }
  return {};
}

/// Those of several names that no site has; one alone is the daemon's to find.
boost::system::result<std::vector<std::string>, CallError> unknown_of(
    Client& client, const std::vector<std::string>& sites) {
  if (sites.size() < 2) return std::vector<std::string>{};
  const auto known = site_names(client);
  if (!known) return known.error();
  auto unknown = sites;
  std::erase_if(unknown, [&](const std::string& site) {
    return std::find(known->begin(), known->end(), site) != known->end();
  });
  return unknown;
}

/// One after the other; one that fails does not spare the rest.
ExitCode run_sites(const Context& context, const SiteCommand& command, Client& client,
                   const std::vector<std::string>& sites) {
  auto code = ExitCode::Ok;
  for (const auto& site : sites) {
    json::object params{{"site", site}};
    if (command.verb == SiteVerb::Down) params["withdraw"] = command.withdraw;
    const auto answer = client.call(method(command.verb), params);
    if (!answer) {
      code = fail_call(context, client, answer.error(), site);
      if (answer.error().ended) return code;
    } else if (command.format == Format::Json) {
      context.out.line(
          json_line(json::object{{"site", site}, {"message", raw_text(*answer, "message")}}));
    } else {
      context.out.line(text(*answer, "message"));
    }
  }
  return code;
}

}  // namespace

ExitCode run(const Context& context, const SiteCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  if (!command.sites.empty()) {
    const auto unknown = unknown_of(*client, command.sites);
    if (!unknown) return fail_call(context, *client, unknown.error());
    // With a name that is wrong, nothing is done to the others either.
    for (const auto& site : *unknown) {
      fail_call(context, *client, CallError{kNoSuchSite, {}}, site);
    }
    if (!unknown->empty()) return ExitCode::Failed;
    return run_sites(context, command, *client, command.sites);
  }
  const auto all = site_names(*client);
  if (!all) return fail_call(context, *client, all.error());
  return run_sites(context, command, *client, *all);
}

ExitCode run(const Context& context, const ReloadCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("reload", {});
  if (!answer) {
    const auto& error = answer.error();
    if (error.code == kReloadRefused && error.data.is_object()) {
      for (const auto& diagnostic : text_blocks(error.data.get_object(), "diagnostics")) {
        context.err.line(diagnostic + '\n');
      }
    }
    return fail_call(context, *client, error);
  }
  if (command.format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  context.out.line(text(*answer, "message"));
  for (const auto* list : {"added", "removed", "changed", "unchanged", "retried"}) {
    const auto sites = texts(*answer, list);
    if (!sites.empty()) context.out.line("    " + std::string{list} + ": " + joined(sites));
  }
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const RoutesCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("routes", {});
  if (!answer) return fail_call(context, *client, answer.error());
  if (command.format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{
      {"NETWORK", "INTERFACE", "KIND", "METRIC", "SITE", "STATE"}};
  for (const auto* route : objects(*answer, "routes")) {
    rows.push_back({cell(text(*route, "network")), cell(text(*route, "interface")),
                    cell(text(*route, "kind")), std::to_string(count(*route, "metric")),
                    cell(text(*route, "site")), cell(text(*route, "state"))});
  }
  context.out.print(table(rows));
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const LeasesCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("leases", {});
  if (!answer) return fail_call(context, *client, answer.error());
  if (command.format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  std::vector<std::vector<std::string>> rows{
      {"POOL", "ADDRESS", "SITE", "IN-USE", "UNUSED-SINCE", "FIRST-GIVEN"}};
  for (const auto* lease : objects(*answer, "leases")) {
    // One word each, so that columns can be counted.
    const auto time = [&](std::string_view key) {
      auto local = local_time(text(*lease, key));
      std::replace(local.begin(), local.end(), ' ', 'T');
      return cell(std::move(local));
    };
    rows.push_back({cell(text(*lease, "pool")), cell(text(*lease, "address")),
                    cell(text(*lease, "site")), flag(*lease, "in_use") ? "yes" : "no",
                    time("unused_since"), time("first_given")});
  }
  context.out.print(table(rows));
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const MetricsCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("metrics", {});
  if (!answer) return fail_call(context, *client, answer.error());
  if (command.format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  context.out.print(terminal_lines(raw_text(*answer, "text")));
  return ExitCode::Ok;
}

/// A daemon that is not there, or not for this user, is part of the answer, not a failure.
ExitCode run(const Context& context, const VersionCommand& command) {
  auto client = connect(context);
  std::string daemon;
  bool closed = !client && client.error().code == std::errc::permission_denied;
  if (client) {
    const auto answer = client->call("version", {});
    if (answer) daemon = raw_text(*answer, "version");
    closed = !answer && answer.error().code == kNotAllowed;
  }
  if (command.format == Format::Json) {
    context.out.line(
        json_line(json::object{{"tunnelctl", kVersion},
                               {"tunneld", daemon.empty() ? json::value{} : json::value(daemon)}}));
    return ExitCode::Ok;
  }
  context.out.line("tunnelctl " + std::string{kVersion});
  const auto* none = closed ? "runs here, but you may not ask it" : "does not run here";
  context.out.line("tunneld " + (daemon.empty() ? none : terminal_text(daemon)));
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
