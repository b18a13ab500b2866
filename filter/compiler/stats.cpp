#include "filter/compiler/stats.hpp"

#include <boost/json.hpp>

#include <charconv>
#include <limits>
#include <optional>
#include <string_view>

namespace tunnel::filter::compiler {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

const object* object_at(const object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

std::uint64_t number_at(const object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  if (found == nullptr) return 0;
  if (found->is_uint64()) return found->get_uint64();
  return found->is_int64() && found->get_int64() > 0
             ? static_cast<std::uint64_t>(found->get_int64())
             : 0;
}

std::string_view text_at(const object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view{found->get_string()}
                                                : std::string_view{};
}

std::optional<std::uint32_t> rule_number(const value& mark) {
  const auto number = mark.is_uint64()  ? mark.get_uint64()
                      : mark.is_int64() ? static_cast<std::uint64_t>(mark.get_int64())
                                        : 0;
  if (number == 0 || number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

/// The number in the name of a counter (counter_name()).
std::optional<std::uint32_t> rule_number(std::string_view name) {
  constexpr std::string_view kPrefix = "rule_";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

class Counts {
 public:
  void add(std::uint32_t rule, const object& counter, bool by_state) {
    auto& count = all_[rule];
    const auto packets = number_at(counter, "packets");
    const auto bytes = number_at(counter, "bytes");
    count.packets += packets;
    count.bytes += bytes;
    if (!by_state) return;
    count.state_packets += packets;
    count.state_bytes += bytes;
  }

  /// Decisions: [{"elem": {"val": NUMBER, "counter": {...}}}, VERDICT].
  void add_map(const object& map) {
    const auto name = text_at(map, "name");
    const auto* elements = map.if_contains("elem");
    const bool by_state = name == kStates || name.ends_with(kBlockedFlows);
    if (!by_state && !name.ends_with(kFinal)) return;
    if (elements == nullptr || !elements->is_array()) return;
    for (const auto& element : elements->get_array()) {
      const auto* pair = element.if_array();
      const auto* key = pair == nullptr || pair->empty() ? nullptr : pair->front().if_object();
      const auto* counted = key == nullptr ? nullptr : object_at(*key, "elem");
      const auto* counter = counted == nullptr ? nullptr : object_at(*counted, "counter");
      if (counter == nullptr || counted->if_contains("val") == nullptr) continue;
      if (const auto rule = rule_number(counted->at("val"))) add(*rule, *counter, by_state);
    }
  }

  std::map<std::uint32_t, RuleCount> take() && { return std::move(all_); }

 private:
  std::map<std::uint32_t, RuleCount> all_{};
};

}  // namespace

std::map<std::uint32_t, RuleCount> counts_in(const value& listing) {
  Counts counts;
  const auto* document = listing.if_object();
  const auto* items = document == nullptr ? nullptr : document->if_contains("nftables");
  if (items == nullptr || !items->is_array()) return {};
  for (const auto& item : items->get_array()) {
    const auto* each = item.if_object();
    if (each == nullptr) continue;
    if (const auto* map = object_at(*each, "map")) counts.add_map(*map);
    const auto* counter = object_at(*each, "counter");
    if (counter == nullptr) continue;
    if (const auto rule = rule_number(text_at(*counter, "name")))
      counts.add(*rule, *counter, false);
  }
  return std::move(counts).take();
}

}  // namespace tunnel::filter::compiler
