#include "filter/kernel/timeouts.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr auto kTimeout = "ct timeout";

/// A word that can stand in nftables' text: letters, digits, "_" and "-".
bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == std::string_view::npos;
}

std::string_view text_in(const object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found == nullptr || !found->is_string() ? std::string_view{} : found->as_string();
}

/// What `verb` is done to; nullptr: it is another verb, or another kind of thing.
const object* what(const value& command, std::string_view verb, std::string_view kind) {
  const auto* all = command.is_object() ? command.as_object().if_contains(verb) : nullptr;
  const auto* one = all == nullptr ? nullptr : all->as_object().if_contains(kind);
  return one == nullptr ? nullptr : one->if_object();
}

/// "unreplied : 120, replied : 12"; empty: something is no name or no number.
std::string policy_text(const object& timeout) {
  const auto* policy = timeout.if_contains("policy");
  if (policy == nullptr || !policy->is_object()) return {};
  std::string text;
  for (const auto& [state, age] : policy->as_object()) {
    if (!is_word(state) || !(age.is_int64() || age.is_uint64())) return {};
    text += (text.empty() ? "" : ", ") + std::string{state} + " : " +
            std::to_string(age.to_number<std::uint64_t>());
  }
  return text;
}

std::string text_of(const object& timeout) {
  const auto policy = policy_text(timeout);
  std::string words;
  for (const auto* key : {"table", "name", "protocol", "l3proto"}) {
    if (!is_word(text_in(timeout, key))) return {};
  }
  if (policy.empty()) return {};
  const auto word = [&](const char* key) { return std::string{text_in(timeout, key)}; };
  return "add ct timeout inet " + word("table") + ' ' + word("name") + " { protocol " +
         word("protocol") + "; l3proto " + word("l3proto") + "; policy = { " + policy + " }; }\n";
}

object command(const char* verb, std::string_view kind, const object& of) {
  object only{{"family", "inet"}, {"name", of.at("name")}};
  if (const auto* table = of.if_contains("table")) only["table"] = *table;
  return object{{verb, object{{kind, std::move(only)}}}};
}

}  // namespace

Timeouts split(const object& commands) {
  Timeouts out;
  array others;
  for (const auto& each : commands.at("nftables").as_array()) {
    const auto* timeout = what(each, "add", kTimeout);
    const auto text = timeout == nullptr ? std::string{} : text_of(*timeout);
    if (text.empty()) {
      others.push_back(each);
      continue;
    }
    out.table = std::string{text_in(*timeout, "table")};
    out.text += text;
  }
  if (!out.text.empty()) out.text = "add table inet " + out.table + '\n' + out.text;
  out.commands = object{{"nftables", std::move(others)}};
  return out;
}

object emptying(const Timeouts& split, const value& listed) {
  array all;
  for (const auto& each : split.commands.at("nftables").as_array()) {
    const auto* table = what(each, "delete", "table");
    if (table == nullptr || text_in(*table, "name") != split.table) {
      all.push_back(each);
      continue;
    }
    all.push_back(command("flush", "table", *table));
    // Maps lead to chains, and rules, which are gone, to maps and objects. The ftp helper stays:
    // libnftables 1.0.6 does not survive being asked to delete one.
    constexpr std::array<std::string_view, 4> kKinds{"map", "set", "chain", "counter"};
    const auto* things = listed.is_object() ? listed.as_object().if_contains("nftables") : nullptr;
    for (const auto kind : kKinds) {
      if (things == nullptr) break;
      for (const auto& thing : things->as_array()) {
        const auto* found = thing.as_object().if_contains(kind);
        if (found != nullptr) all.push_back(command("delete", kind, found->as_object()));
      }
    }
  }
  return object{{"nftables", std::move(all)}};
}

}  // namespace tunnel::filter::kernel
