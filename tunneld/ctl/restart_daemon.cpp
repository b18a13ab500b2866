// restart-daemon: one tunneld is asked, and another one answers.

#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <chrono>
#include <utility>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

using namespace std::chrono_literals;

/// Longer than tunneld gives the new program to say whether it can run.
constexpr auto kCheckPatience = 30s;
/// Longer than it waits for the bridges of its predecessor.
constexpr auto kAdoptionPatience = 5s;

ExitCode refused(const Context& context, const json::object& refusal) {
  for (const auto& diagnostic : text_blocks(refusal, "diagnostics")) {
    if (!diagnostic.empty()) context.err.line(diagnostic + '\n');
  }
  return context.fail(text(refusal, "message"));
}

/// Until the running tunneld is gone, or has said why it stays.
std::optional<ExitCode> wait_for_departure(const Context& context, Client& client) {
  const auto deadline = Client::now() + kCheckPatience;
  while (true) {
    const auto next = client.next(deadline);
    if (const auto* said = std::get_if<Notification>(&next)) {
      if (said->method == "restart-daemon") return refused(context, said->params);
      continue;
    }
    if (*std::get_if<Ended>(&next) == Ended::Closed) return std::nullopt;
    return context.fail("tunneld has not said what came of it: see \"tunnelctl log\"");
  }
}

/// Its status, when the links that it found are its own.
CallResult settled_status(Client& client) {
  const auto deadline = Client::now() + kAdoptionPatience;
  if (auto listening = client.call("subscribe", {{"topics", json::array{"state"}}}); !listening) {
    return listening;
  }
  auto status = client.call("status", {});
  while (status && count(*status, "awaited_bridges") > 0) {
    const auto next = client.next(deadline);
    if (std::holds_alternative<Ended>(next)) break;
    status = client.call("status", {});
  }
  return status;
}

ExitCode report(const Context& context, Format format, const json::object& status) {
  std::size_t up = 0;
  const auto sites = objects(status, "sites");
  for (const auto* site : sites) {
    if (raw_text(*site, "state") == "up") ++up;
  }
  const auto message = "tunneld " + text(status, "version") +
                       " has taken over: " + std::to_string(up) + " of " +
                       std::to_string(sites.size()) + " links are up";
  if (format == Format::Text) {
    context.out.line(message);
    return ExitCode::Ok;
  }
  context.out.line(json_line(json::object{{"message", message},
                                          {"version", raw_text(status, "version")},
                                          {"pid", count(status, "pid")},
                                          {"started", raw_text(status, "started")},
                                          {"up", up},
                                          {"sites", sites.size()}}));
  return ExitCode::Ok;
}

}  // namespace

ExitCode run(const Context& context, const RestartDaemonCommand& command) {
  auto before = connect(context);
  if (!before) return context.fail(before.error());
  const auto asked = before->call("restart-daemon", {});
  if (!asked) return fail_call(context, *before, asked.error());
  if (const auto ended = wait_for_departure(context, *before)) return *ended;
  auto after = connect(context);
  if (!after) {
    return context.fail("tunneld has ended, and the new one does not run: " +
                        after.error().message());
  }
  const auto status = settled_status(*after);
  if (!status) return fail_call(context, *after, status.error());
  if (raw_text(*status, "started") == raw_text(*asked, "started")) {
    return context.fail("tunneld closed the connection, and runs on as it was");
  }
  return report(context, command.format, *status);
}

}  // namespace tunnel::ctl
