// The verbs that look at the filter in force, and the one that takes it away.

#include "filter/compiler/compiler.hpp"
#include "filter/kernel/nftables.hpp"
#include "filter/nft/commands.hpp"
#include "tunneld/ctl/columns.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <unistd.h>

#include <utility>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

std::string place(const json::object& rule) {
  return text(rule, "file") + ':' + std::to_string(count(rule, "line"));
}

/// Without a daemon, which would put it back: by root's own right.
ExitCode flush_alone(const Context& context, const FilterFlushCommand& command,
                     const std::string& why) {
  if (::geteuid() != 0) {
    context.complain(why + "; without tunneld, only root can flush the packet filter");
    return ExitCode::NotAllowed;
  }
  const auto done =
      filter::kernel::Nftables{}.run(filter::nft::remove(filter::compiler::Options{}.table));
  if (!done) return context.fail("cannot flush the packet filter: " + done.error().message());
  constexpr auto kMessage =
      "the packet filter, NAPT and the tunnels' source checks are gone: everything passes until "
      "tunneld starts";
  if (command.format == Format::Json) {
    context.out.line(json_line(json::object{{"message", kMessage}}));
  } else {
    context.out.line(kMessage);
  }
  return ExitCode::Ok;
}

}  // namespace

ExitCode run(const Context& context, const FilterStatsCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("filter.stats", {});
  if (!answer) return fail_call(context, *client, answer.error());
  Rows rows{{"PACKETS", "BYTES", "DIR", "RULE", "TEXT"}};
  json::array wanted;
  for (const auto* rule : objects(*answer, "rules")) {
    const auto met = count(*rule, "packets") + count(*rule, "group_packets");
    if (command.unused && met > 0) continue;
    wanted.push_back(*rule);
    rows.push_back({std::to_string(count(*rule, "packets")), std::to_string(count(*rule, "bytes")),
                    text(*rule, "direction"), text(*rule, "rule"), text(*rule, "text")});
  }
  if (command.format == Format::Json) {
    context.out.line(json_line(json::object{{"rules", std::move(wanted)}}));
  } else if (rows.size() > 1) {
    context.out.print(table(rows));
  } else {
    context.out.line(command.unused ? "every rule has met packets" : "there are no rules");
  }
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const FilterFlushCommand& command) {
  auto client = connect(context);
  if (!client) return flush_alone(context, command, client.error().message());
  const auto answer = client->call("filter.flush", {});
  if (!answer) return fail_call(context, *client, answer.error());
  context.out.line(command.format == Format::Json ? json_line(*answer) : text(*answer, "message"));
  return ExitCode::Ok;
}

ExitCode run(const Context& context, const NatRulesCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call("nat.rules", {});
  if (!answer) return fail_call(context, *client, answer.error());
  if (command.format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  Rows rows{{"RULE", "DIR", "PLACE", "TEXT"}};
  for (const auto* rule : objects(*answer, "rules")) {
    rows.push_back(
        {cell(text(*rule, "rule")), text(*rule, "direction"), place(*rule), text(*rule, "text")});
  }
  context.out.print(rows.size() > 1 ? table(rows) : "there are no rules of translation\n");
  return ExitCode::Ok;
}

}  // namespace tunnel::ctl
