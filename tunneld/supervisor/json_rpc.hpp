#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tunnel::supervisor {

/// The codes of JSON-RPC 2.0 section 5.1, and below -32000 our own.
namespace rpc_code {
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;
inline constexpr int kRefused = -32000;  // not now
inline constexpr int kNoSuchSite = -32001;
inline constexpr int kReloadRefused = -32002;  // data: {"diagnostics": [text, ...]}
inline constexpr int kNotAllowed = -32003;     // not to this client
}  // namespace rpc_code

struct RpcError {
  int code = rpc_code::kInternalError;
  std::string message;        // a sentence for whoever typed the command
  boost::json::value data{};  // null: left out
};

using RpcResult = std::variant<boost::json::value, RpcError>;

struct RpcRequest {
  std::string method;
  boost::json::object params{};
  std::optional<boost::json::value> id{};  // none: a notification, which gets no answer
};

/// Why a message is no request of ours, with its id where that could be told (else null).
struct RpcRefusal {
  boost::json::value id{};
  RpcError error;
};

/// Reads one message, without its newline. Parameters come by name (section 4.2), and batches
/// (section 6) are refused: a small one could ask for answers without bound.
std::variant<RpcRequest, RpcRefusal> parse_request(std::string_view message);

/// Messages as they go over the wire, newline included.
std::string response_line(const boost::json::value& id, const RpcResult& result);
std::string notification_line(std::string_view method, const boost::json::object& params);

}  // namespace tunnel::supervisor
