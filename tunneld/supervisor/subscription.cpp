#include "tunneld/supervisor/subscription.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tunnel::supervisor {

namespace json = boost::json;

namespace {

RpcError invalid_params(std::string message) {
  return RpcError{rpc_code::kInvalidParams, std::move(message)};
}

/// nullopt when it is not a list of topics that exist.
std::optional<std::vector<std::string>> read_topics(const json::value& value) {
  if (!value.is_array() || value.get_array().empty()) return std::nullopt;
  std::vector<std::string> topics;
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return std::nullopt;
    const std::string_view topic = item.get_string();
    if (std::find(kTopics.begin(), kTopics.end(), topic) == kTopics.end()) return std::nullopt;
    if (std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.emplace_back(topic);
  }
  return topics;
}

}  // namespace

bool Subscription::has(std::string_view topic) const {
  return std::find(topics.begin(), topics.end(), topic) != topics.end();
}

bool Subscription::takes(const Subject& subject) const {
  if (!has(subject.topic) || (!site.empty() && site != subject.site) ||
      (!type.empty() && type != subject.type)) {
    return false;
  }
  if (type.empty() && !all && subject.type == "ppp") return false;
  if (subject.traffic == nullptr) return traffic.empty();
  return traffic.empty() ? !type.empty() : traffic.takes(*subject.traffic);
}

std::variant<Subscription, RpcError> Subscription::read(const json::object& params) {
  Subscription out;
  for (const auto& member : params) {
    const std::string_view key = member.key();
    if (key == "topics") {
      auto topics = read_topics(member.value());
      if (!topics) return invalid_params("\"topics\" is a list of \"log\" and \"state\"");
      out.topics = std::move(*topics);
    } else if (key == "site" || key == "type") {
      if (!member.value().is_string()) {
        return invalid_params("\"" + std::string{key} + "\" is a string");
      }
      (key == "site" ? out.site : out.type) = std::string_view{member.value().get_string()};
    } else if (key == "all") {
      if (!member.value().is_bool()) return invalid_params("\"all\" is true or false");
      out.all = member.value().get_bool();
    } else if (!TrafficSelection::is_parameter(key)) {
      return invalid_params(
          "subscribe takes \"topics\", \"site\", \"type\", \"all\", \"rule\", \"address\" and "
          "\"verdict\"");
    }
  }
  auto traffic = TrafficSelection::read(params);
  if (auto* why = std::get_if<std::string>(&traffic)) return invalid_params(std::move(*why));
  out.traffic = std::move(*std::get_if<TrafficSelection>(&traffic));
  if (out.topics.empty()) return invalid_params("subscribe needs \"topics\"");
  return out;
}

}  // namespace tunnel::supervisor
