#include "tunneld/supervisor/json_rpc.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace tunnel::supervisor {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxDepth = 8;  // our own requests need three

RpcRefusal invalid(json::value id, std::string message) {
  return {std::move(id), RpcError{rpc_code::kInvalidRequest, std::move(message)}};
}

/// Section 4: a string, a number or null; anything else cannot be answered to.
bool is_id(const json::value& id) {
  return id.is_string() || id.is_number() || id.is_null();
}

/// The parser takes 1e999 for infinity, which JSON has no word for: it could not be sent back.
bool is_finite(const json::value& value) {
  if (const auto* number = value.if_double()) return std::isfinite(*number);
  if (const auto* array = value.if_array()) {
    return std::all_of(array->begin(), array->end(), is_finite);
  }
  const auto* object = value.if_object();
  return object == nullptr || std::all_of(object->begin(), object->end(), [](const auto& member) {
           return is_finite(member.value());
         });
}

std::variant<RpcRequest, RpcRefusal> read_request(json::object& request) {
  RpcRequest out;
  if (const auto* id = request.if_contains("id")) {
    if (!is_id(*id)) return invalid(nullptr, "an \"id\" is a string or a number");
    out.id = *id;
  }
  const auto id = out.id.value_or(nullptr);
  const auto* version = request.if_contains("jsonrpc");
  if (version == nullptr || !version->is_string() || version->get_string() != "2.0") {
    return invalid(id, "a request says \"jsonrpc\": \"2.0\"");
  }
  const auto* method = request.if_contains("method");
  if (method == nullptr || !method->is_string()) {
    return invalid(id, "a request names its \"method\", a string");
  }
  out.method = std::string{std::string_view{method->get_string()}};
  auto* params = request.if_contains("params");
  if (params == nullptr) return out;
  if (params->is_array()) {
    return RpcRefusal{
        id, RpcError{rpc_code::kInvalidParams, "\"params\" are given by name: an object"}};
  }
  if (!params->is_object()) return invalid(id, "\"params\" is an object");
  out.params = std::move(params->get_object());
  return out;
}

}  // namespace

std::variant<RpcRequest, RpcRefusal> parse_request(std::string_view message) {
  json::parse_options options;  // strict, and valid UTF-8 only
  options.max_depth = kMaxDepth;
  json::parser parser{{}, options};
  json::error_code error;
  parser.write(message.data(), message.size(), error);
  if (error) {
    return RpcRefusal{
        nullptr, RpcError{rpc_code::kParseError, "the message is not JSON: " + error.message()}};
  }
  auto value = parser.release();
  if (!is_finite(value)) return invalid(nullptr, "a number is larger than any that is kept");
  if (value.is_array()) return invalid(nullptr, "batches are refused: send one request a line");
  if (!value.is_object()) return invalid(nullptr, "a request is an object");
  return read_request(value.get_object());
}

std::string response_line(const json::value& id, const RpcResult& result) {
  json::object response{{"jsonrpc", "2.0"}, {"id", id}};
  if (const auto* error = std::get_if<RpcError>(&result)) {
    json::object body{{"code", error->code}, {"message", error->message}};
    if (!error->data.is_null()) body["data"] = error->data;
    response["error"] = std::move(body);
  } else {
    response["result"] = *std::get_if<json::value>(&result);
  }
  return json::serialize(response) + '\n';
}

std::string notification_line(std::string_view method, const json::object& params) {
  return json::serialize(json::object{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}) +
         '\n';
}

}  // namespace tunnel::supervisor
