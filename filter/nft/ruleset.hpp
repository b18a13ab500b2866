#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// One table of nftables as a value. What is in it is JSON as libnftables-json(5) has it, so that no
// text of an administrator's is ever read as a command.

namespace tunnel::filter::nft {

/// A match or a statement.
using Expression = boost::json::object;

/// All expressions of one rule, in their order. A match that fails ends it.
using Expressions = std::vector<Expression>;

/// Where the kernel calls a chain. All of them are of family inet, and accept what falls through.
struct Hook {
  std::string type;  // "filter", "nat"
  std::string name;  // "prerouting"
  int priority = 0;
  bool operator==(const Hook&) const = default;
};

struct Chain {
  std::string name;
  std::optional<Hook> hook{};  // nothing: only where another chain leads to it
  std::vector<Expressions> rules{};
  bool operator==(const Chain&) const = default;
};

/// A set, or a map where it has a value type.
struct Map {
  enum class Counters : bool { No, Yes };
  enum class Intervals : bool { No, Yes };

  using Element = std::pair<boost::json::value, boost::json::value>;  // the value: null in a set

  std::string name;
  std::vector<std::string> key{};      // its types: {"ipv4_addr", "inet_service"}
  std::optional<std::string> value{};  // "mark", "verdict"
  Counters counters = Counters::No;    // one for each element
  Intervals intervals = Intervals::No;
  std::vector<Element> elements{};
  /// How long an element stays that a packet has added; zero: packets add none.
  std::chrono::seconds lifetime{0};
  bool operator==(const Map&) const = default;
};

/// "ct helper", "ct timeout", "counter": what a rule names and somebody else runs.
struct Object {
  std::string kind;  // as the command has it: "ct helper"
  std::string name;
  boost::json::object properties{};
  bool operator==(const Object&) const = default;
};

struct Table {
  std::string name;
  std::vector<Object> objects{};
  std::vector<Map> maps{};
  std::vector<Chain> chains{};
  bool operator==(const Table&) const = default;
};

}  // namespace tunnel::filter::nft
