#include "tunneld/supervisor/traffic_selection.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tunnel::supervisor {

namespace {

constexpr std::array<std::string_view, 3> kVerdicts{"pass", "block", "log"};

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// "@300:2", "@web:2", "@2", with or without the "@".
std::optional<std::string> parse_rule(std::string_view text) {
  if (text.starts_with('@')) text.remove_prefix(1);
  const auto colon = text.rfind(':');
  const bool has_group = colon != std::string_view::npos;
  const auto number = has_group ? text.substr(colon + 1) : text;
  if (!is_number(number) || (has_group && colon == 0)) return std::nullopt;
  return '@' + std::string{text};
}

/// An address alone, or a network; of "192.168.1.7/24", the network that it is in.
std::optional<Prefix> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto host = Prefix::parse(text.substr(0, slash));
  if (!host || slash == std::string_view::npos) return host;
  const auto digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (failed != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return host->family() == Family::Ipv4 ? Prefix::containing(host->ipv4(), length)
                                        : Prefix::containing(host->ipv6(), length);
}

}  // namespace

bool TrafficSelection::is_parameter(std::string_view name) noexcept {
  return name == "rule" || name == "address" || name == "verdict";
}

std::variant<TrafficSelection, std::string> TrafficSelection::read(
    const boost::json::object& params) {
  TrafficSelection out;
  for (const auto& member : params) {
    const std::string_view name = member.key();
    if (!is_parameter(name)) continue;
    if (!member.value().is_string()) return "\"" + std::string{name} + "\" is a string";
    const std::string_view text = member.value().get_string();
    if (name == "rule") {
      const auto rule = parse_rule(text);
      if (!rule) {
        return in_quotes(text) +
               " is no rule: rules are named as in the log, \"@300:2\" of ipf.rules, \"@2\" of "
               "ipnat.rules";
      }
      out.rule_ = *rule;
    } else if (name == "verdict") {
      if (std::find(kVerdicts.begin(), kVerdicts.end(), text) == kVerdicts.end()) {
        return in_quotes(text) + " is no verdict: \"pass\", \"block\" and \"log\" are";
      }
      out.verdict_ = text;
    } else {
      out.address_ = parse_network(text);
      if (!out.address_) {
        return in_quotes(text) + " is no address, and no network such as 192.168.1.0/24";
      }
    }
  }
  return out;
}

bool TrafficSelection::takes(const Traffic& traffic) const {
  if (!rule_.empty() && rule_ != traffic.rule) return false;
  if (!verdict_.empty() && verdict_ != traffic.verdict) return false;
  return !address_ ||
         std::any_of(traffic.ends.begin(), traffic.ends.end(),
                     [this](const Prefix& end) { return address_->contains(end.address_bytes()); });
}

}  // namespace tunnel::supervisor
