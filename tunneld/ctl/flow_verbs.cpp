// The verbs `filter states` and `nat sessions`: flows as the kernel has them now.

#include "tunneld/ctl/columns.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/units.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <algorithm>
#include <chrono>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

/// "192.168.1.215,3936"; without ports the host alone.
std::string end_of(const json::object& flow, const std::string& name) {
  const auto host = text(flow, name);
  const auto port = number(flow, name + "_port");
  return port ? host + ',' + std::to_string(static_cast<unsigned>(*port)) : cell(host);
}

/// One word, so that columns can be counted: "2h3m".
std::string time_of(const json::object& flow, std::string_view name) {
  const auto seconds = number(flow, name);
  if (!seconds) return "-";
  auto words = human_duration(std::chrono::seconds{static_cast<long long>(*seconds)});
  words.erase(std::remove(words.begin(), words.end(), ' '), words.end());
  return words;
}

/// Of both ways: "12/10".
std::string both(const json::object& flow, const std::string& what) {
  if (!number(flow, what + "_forward") || !number(flow, what + "_backward")) return "-";
  return std::to_string(count(flow, what + "_forward")) + '/' +
         std::to_string(count(flow, what + "_backward"));
}

/// The answer to `method` as JSON, or as the table that `row` makes of its `rows`.
template <typename Row>
ExitCode show(const Context& context, Format format, const std::string& method,
              const std::string& rows, Rows out, const Row& row) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  const auto answer = client->call(method, {});
  if (!answer) return fail_call(context, *client, answer.error());
  if (format == Format::Json) {
    context.out.line(json_line(*answer));
    return ExitCode::Ok;
  }
  const auto flows = objects(*answer, rows);
  for (const auto* flow : flows) out.push_back(row(*flow));
  context.out.print(table(out));
  const auto total = count(*answer, "total");
  if (total > flows.size()) {
    context.out.line("and " + std::to_string(total - flows.size()) + " more");
  }
  return ExitCode::Ok;
}

}  // namespace

ExitCode run(const Context& context, const FilterStatesCommand& command) {
  return show(context, command.format, "filter.states", "states",
              {{"RULE", "DIR", "PROTO", "SOURCE", "DESTINATION", "STATE", "AGE", "EXPIRES",
                "PACKETS", "BYTES"}},
              [](const json::object& flow) {
                return std::vector<std::string>{
                    cell(text(flow, "rule")),     cell(text(flow, "direction")),
                    cell(text(flow, "protocol")), end_of(flow, "source"),
                    end_of(flow, "destination"),  cell(text(flow, "tcp_state")),
                    time_of(flow, "age_seconds"), time_of(flow, "expires_seconds"),
                    both(flow, "packets"),        both(flow, "bytes")};
              });
}

ExitCode run(const Context& context, const NatSessionsCommand& command) {
  return show(
      context, command.format, "nat.sessions", "sessions",
      {{"RULE", "KIND", "PROTO", "INSIDE", "OUTSIDE", "DESTINATION", "AGE", "PACKETS", "BYTES"}},
      [](const json::object& flow) {
        return std::vector<std::string>{
            cell(text(flow, "rule")),     cell(text(flow, "kind")), cell(text(flow, "protocol")),
            end_of(flow, "inside"),       end_of(flow, "outside"),  end_of(flow, "destination"),
            time_of(flow, "age_seconds"), both(flow, "packets"),    both(flow, "bytes")};
      });
}

}  // namespace tunnel::ctl
