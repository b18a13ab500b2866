// The verb `log`.

#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/terminal.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <variant>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

json::object filter(const LogCommand& command) {
  json::object params;
  if (!command.site.empty()) params["site"] = command.site;
  if (!command.type.empty()) params["type"] = command.type;
  if (command.all) params["all"] = true;
  if (!command.rule.empty()) params["rule"] = command.rule;
  if (!command.address.empty()) params["address"] = command.address;
  if (!command.verdict.empty()) params["verdict"] = command.verdict;
  return params;
}

void print(const Context& context, const LogCommand& command, const json::object& record) {
  if (command.format == Format::Json) return context.out.line(json_line(record));
  // Below a packet of "log body" stand its octets.
  const bool packet = raw_text(record, "type") == "filter";
  context.out.line(packet ? terminal_lines(raw_text(record, "line")) : text(record, "line"));
}

/// A failed call; whoever ends it himself needs no telling.
ExitCode failed(const Context& context, const LogCommand& command, Client& client,
                const CallError& error) {
  if (error.ended == Ended::Interrupted || error.ended == Ended::OutputGone) return ExitCode::Ok;
  return fail_call(context, client, error, command.site);
}

ExitCode follow(const Context& context, const LogCommand& command, Client& client) {
  while (true) {
    context.out.flush();
    const auto event = client.next(std::nullopt);
    if (const auto* notification = std::get_if<Notification>(&event)) {
      if (notification->method == "log") print(context, command, notification->params);
      continue;
    }
    const auto ended = *std::get_if<Ended>(&event);
    if (ended == Ended::Closed || ended == Ended::Garbled) {
      context.complain("tunneld has ended, and its log for now");
    }
    return ExitCode::Ok;
  }
}

}  // namespace

ExitCode run(const Context& context, const LogCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  if (command.follow) {
    if (auto ready = client->watch(context.out.fd()); !ready) {
      return context.fail(ready.error().message());
    }
    auto params = filter(command);
    params["topics"] = {"log"};
    const auto subscribed = client->call("subscribe", params);
    if (!subscribed) return failed(context, command, *client, subscribed.error());
  }
  auto params = filter(command);
  params["lines"] = command.lines;
  const auto log = client->call("log", params);
  if (!log) return failed(context, command, *client, log.error());
  client->drop_notifications();
  const auto records = objects(*log, "records");
  // A site that is gone may have left lines; one without any may be a slip of the pen.
  if (records.empty() && !command.site.empty()) {
    const auto site = client->call("status", {{"site", command.site}});
    if (!site) return failed(context, command, *client, site.error());
  }
  for (const auto* record : records) print(context, command, *record);
  return command.follow ? follow(context, command, *client) : ExitCode::Ok;
}

}  // namespace tunnel::ctl
