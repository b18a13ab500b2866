#include "filter/nft/expressions.hpp"

#include <utility>

namespace tunnel::filter::nft {

namespace {

using boost::json::array;
using boost::json::object;

array to_array(std::vector<Value> values) {
  array out;
  for (auto& value : values) out.push_back(std::move(value));
  return out;
}

}  // namespace

Value meta(std::string_view key) {
  return object{{"meta", object{{"key", key}}}};
}

Value ct(std::string_view key) {
  return object{{"ct", object{{"key", key}}}};
}

Value ct_original(std::string_view key) {
  return object{{"ct", object{{"key", key}, {"dir", "original"}}}};
}

Value payload(std::string_view protocol, std::string_view field) {
  return object{{"payload", object{{"protocol", protocol}, {"field", field}}}};
}

Value raw_payload(std::string_view base, unsigned offset_bits, unsigned length_bits) {
  return object{{"payload", object{{"base", base}, {"offset", offset_bits}, {"len", length_bits}}}};
}

Value masked(Value left, std::uint32_t mask) {
  return object{{"&", array{std::move(left), mask}}};
}

Value concat(std::vector<Value> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return object{{"concat", to_array(std::move(parts))}};
}

Value prefix(const std::string& address, unsigned length) {
  return object{{"prefix", object{{"addr", address}, {"len", length}}}};
}

Value range(std::uint32_t first, std::uint32_t last) {
  if (first == last) return first;
  return object{{"range", array{first, last}}};
}

Value set_of(std::vector<Value> elements) {
  return object{{"set", to_array(std::move(elements))}};
}

Value named(const std::string& set) {
  return boost::json::string{"@" + set};
}

Expression match(std::string_view op, Value left, Value right) {
  return object{
      {"match", object{{"op", op}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}

Expression accept() {
  return object{{"accept", nullptr}};
}

Expression drop() {
  return object{{"drop", nullptr}};
}

Expression jump(const std::string& chain) {
  return object{{"jump", object{{"target", chain}}}};
}

Expression go_to(const std::string& chain) {
  return object{{"goto", object{{"target", chain}}}};
}

Expression go_back() {
  return object{{"return", nullptr}};
}

Expression set(Value what, Value to) {
  return object{{"mangle", object{{"key", std::move(what)}, {"value", std::move(to)}}}};
}

Expression log(std::string_view prefix, unsigned group, unsigned octets) {
  return object{{"log", object{{"prefix", prefix}, {"group", group}, {"snaplen", octets}}}};
}

Expression reject(std::string_view type, std::string_view code) {
  object how{{"type", type}};
  if (!code.empty()) how["expr"] = code;
  return object{{"reject", std::move(how)}};
}

Expression counter() {
  return object{{"counter", nullptr}};
}

Expression counter(const std::string& name) {
  return object{{"counter", name}};
}

Expression remember(Value what, const std::string& set, std::chrono::seconds lifetime) {
  return remember(object{{"elem", object{{"val", std::move(what)}, {"timeout", lifetime.count()}}}},
                  set);
}

Expression flows_within(unsigned most) {
  return object{{"ct count", object{{"val", most}}}};
}

Expression flows_beyond(unsigned most) {
  return object{{"ct count", object{{"val", most}, {"inv", true}}}};
}

Expression remember(Value what, const std::string& set) {
  return object{{"set", object{{"op", "update"}, {"elem", std::move(what)}, {"set", named(set)}}}};
}

Expression lead(Value key, const std::string& map) {
  return object{{"vmap", object{{"key", std::move(key)}, {"data", named(map)}}}};
}

Value looked_up(Value key, const std::string& map) {
  return object{{"map", object{{"key", std::move(key)}, {"data", named(map)}}}};
}

Value going_to(const std::string& chain) {
  return go_to(chain);
}

Value jumping_to(const std::string& chain) {
  return jump(chain);
}

namespace {

/// From the numbers of the chains to them.
Expression choice(Value key, const std::vector<std::string>& chains) {
  array all;
  for (const auto& chain : chains) all.push_back(array{all.size(), go_to(chain)});
  return object{
      {"vmap", object{{"key", std::move(key)}, {"data", object{{"set", std::move(all)}}}}}};
}

}  // namespace

Expression in_turn(const std::vector<std::string>& chains) {
  const object turn{{"mode", "inc"}, {"mod", chains.size()}, {"offset", 0}};
  return choice(object{{"numgen", turn}}, chains);
}

Expression by_hash(Value key, const std::vector<std::string>& chains) {
  const object hash{{"mod", chains.size()}, {"offset", 0}, {"expr", std::move(key)}};
  return choice(object{{"jhash", hash}}, chains);
}

}  // namespace tunnel::filter::nft
