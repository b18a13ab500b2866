// A line of the control socket: whatever it is, it is taken or refused with a sentence, and what is
// answered is one line of JSON.

#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/supervisor/json_rpc.hpp"
#include "tunneld/supervisor/subscription.hpp"
#include "tunneld/supervisor/traffic_selection.hpp"
#include "tunneld/supervisor/verbs.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace tunnel::supervisor {
namespace {

namespace json = boost::json;

/// One line, JSON, an answer, and with this id where that is not a number, of which a double may
/// come back as another one.
void check_answer(const json::value& id, const RpcResult& result) {
  const auto line = response_line(id, result);
  TUNNEL_CHECK(!line.empty() && line.find('\n') == line.size() - 1);
  json::error_code error;
  const auto parsed = json::parse(line, error);
  TUNNEL_CHECK(!error && parsed.is_object());
  const auto& answer = parsed.get_object();
  TUNNEL_CHECK(answer.contains("id") && (id.is_number() || answer.at("id") == id));
  TUNNEL_CHECK(answer.contains("error") == std::holds_alternative<RpcError>(result));
}

void check_error(const json::value& id, const RpcError& error) {
  TUNNEL_CHECK(!error.message.empty() && !has_control_character(error.message));
  check_answer(id, error);
}

/// What stands behind the types of the parameters.
void check_values(const json::value& id, const Verb& verb, const json::object& params) {
  if (const auto* site = params.if_contains("site"); site != nullptr) {
    const auto name = SiteName::parse(site->get_string());
    TUNNEL_CHECK(!name || name->str() == std::string_view{site->get_string()});
  }
  if (verb.method == "subscribe") {
    const auto read = Subscription::read(params);
    if (const auto* error = std::get_if<RpcError>(&read)) return check_error(id, *error);
    const auto& subscription = *std::get_if<Subscription>(&read);
    TUNNEL_CHECK(!subscription.topics.empty() && subscription.topics.size() <= kTopics.size());
    static_cast<void>(subscription.takes({.topic = "log", .site = "labs", .type = "ppp"}));
  }
  const auto selection = TrafficSelection::read(params);
  if (const auto* why = std::get_if<std::string>(&selection)) {
    check_error(id, RpcError{rpc_code::kInvalidParams, *why});
  }
}

void check(std::string_view message) {
  const auto parsed = parse_request(message);
  if (const auto* refusal = std::get_if<RpcRefusal>(&parsed)) {
    return check_error(refusal->id, refusal->error);
  }
  const auto& request = *std::get_if<RpcRequest>(&parsed);
  const auto id = request.id.value_or(nullptr);
  check_answer(id, json::value(request.params));
  const auto* verb = find_verb(request.method);
  if (verb == nullptr) return;
  TUNNEL_CHECK(verb->method == request.method && verb->needs != Power::None);
  if (const auto mistake = mistake_in(*verb, request.params)) return check_error(id, *mistake);
  check_values(id, *verb, request.params);
}

}  // namespace
}  // namespace tunnel::supervisor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::supervisor::check(std::string(data, data + size));
  return 0;
}
