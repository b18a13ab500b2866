#pragma once

#include "tunneld/supervisor/json_rpc.hpp"
#include "tunneld/supervisor/traffic_selection.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::supervisor {

/// What a notification is about; empty: about the daemon as a whole, or without types.
struct Subject {
  std::string_view topic;  // one of kTopics, and the notification's method
  std::string_view site{};
  std::string_view type{};
  const Traffic* traffic = nullptr;  // of a line of filter.log or nat.log: what it is about
};

inline constexpr std::array<std::string_view, 2> kTopics{"log", "state"};

/// What a client asked to be told.
struct Subscription {
  std::vector<std::string> topics;
  std::string site{};  // empty: of any
  std::string type{};
  bool all = false;  // without a type: also the lines of PPP
  TrafficSelection traffic{};

  bool has(std::string_view topic) const;
  bool takes(const Subject& subject) const;

  /// From the parameters of `subscribe`.
  static std::variant<Subscription, RpcError> read(const boost::json::object& params);
};

}  // namespace tunnel::supervisor
