#include "filter/language/printer.hpp"

#include "filter/language/parts.hpp"
#include "filter/language/words.hpp"

#include <string_view>

namespace tunnel::filter::language {

namespace {

/// The word, or else the number.
std::string word_or_number(std::string_view word, unsigned number) {
  return word.empty() ? std::to_string(number) : std::string{word};
}

std::string action(const Rule& rule) {
  switch (rule.action) {
    case Action::Pass:
      return "pass";
    case Action::Log:
      return "log";
    case Action::Count:
      return "count";
    case Action::Block:
      break;
  }
  const auto code =
      " (" + word_or_number(unreachable_code_name(rule.reply_code), rule.reply_code) + ')';
  switch (rule.reply) {
    case Reply::None:
      return "block";
    case Reply::Rst:
      return "block return-rst";
    case Reply::Icmp:
      return "block return-icmp" + code;
    case Reply::IcmpAsDestination:
      return "block return-icmp-as-dest" + code;
  }
  return {};
}

std::string log_options(const LogOptions& log) {
  std::string text;
  if (log.body) text += " body";
  if (log.first) text += " first";
  if (log.or_block) text += " or-block";
  if (log.level) {
    text += " level ";
    if (log.level->facility) text.append(facility_name(*log.level->facility)) += '.';
    text.append(severity_name(log.level->severity));
  }
  return text;
}

std::string endpoints(const Rule& rule) {
  if (rule.source == Endpoint{} && rule.destination == Endpoint{}) return " all";
  return " from " + address_text(rule.source.address) + port_text(rule.source.port) + " to " +
         address_text(rule.destination.address) + port_text(rule.destination.port);
}

std::string flag_set(std::uint8_t flags) {
  return flags == 0 ? "0" : tcp_flags_text(flags);
}

Family family_of_icmp(const Rule& rule) {
  const auto* number = std::get_if<std::uint8_t>(&rule.protocol);
  constexpr std::uint8_t kIcmp6 = 58;
  const bool six = rule.family == Family::Ipv6 || (number != nullptr && *number == kIcmp6);
  return six ? Family::Ipv6 : Family::Ipv4;
}

std::string transport(const Rule& rule) {
  std::string text;
  if (rule.flags)
    text += " flags " + flag_set(rule.flags->value) + '/' + flag_set(rule.flags->mask);
  if (rule.icmp) {
    const auto type = rule.icmp->type;
    text += " icmp-type " + word_or_number(icmp_type_name(type, family_of_icmp(rule)), type);
    if (rule.icmp->code) text += " code " + std::to_string(*rule.icmp->code);
  }
  return text;
}

std::string with_test(const WithTest& test) {
  std::string text{test.negated ? "not " : ""};
  if (const auto* known = std::get_if<Quality>(&test.what))
    return text.append(quality_name(*known));
  text += "opt ";
  bool first = true;
  for (const auto type : std::get<std::vector<std::uint8_t>>(test.what)) {
    if (!first) text += ',';
    text.append(ip_option_name(type));
    first = false;
  }
  return text;
}

std::string with(const Rule& rule) {
  std::string text;
  // "and", since the comma behind an option could begin another option.
  for (const auto& test : rule.with) text += (text.empty() ? " with " : " and ") + with_test(test);
  return text;
}

std::string keep(const Rule& rule) {
  std::string text;
  if (rule.keep_state) {
    std::string options;
    const auto add = [&options](const std::string& option) {
      options += (options.empty() ? "" : ", ") + option;
    };
    if (rule.keep_state->limit) add("limit " + std::to_string(*rule.keep_state->limit));
    if (rule.keep_state->ages) add(ages_text(*rule.keep_state->ages));
    if (rule.keep_state->no_icmp_errors) add("no-icmp-err");
    text += " keep state" + (options.empty() ? std::string{} : " (" + options + ')');
  }
  if (rule.keep_frags) text += " keep frags";
  return text;
}

}  // namespace

std::string print(const Rule& rule) {
  std::string text = rule.position ? '@' + std::to_string(*rule.position) + ' ' : std::string{};
  text += action(rule);
  if (rule.action == Action::Log && rule.log) text += log_options(*rule.log);
  text += rule.direction == Direction::In ? " in" : " out";
  if (rule.action != Action::Log && rule.log) text += " log" + log_options(*rule.log);
  if (rule.quick) text += " quick";
  if (rule.interface) text += " on " + rule.interface->str();
  if (rule.family) text += rule.family == Family::Ipv4 ? " family inet" : " family inet6";
  if (rule.tos) text += " tos " + std::to_string(*rule.tos);
  if (rule.ttl) text += " ttl " + std::to_string(*rule.ttl);
  const auto protocol = protocol_text(rule.protocol);
  if (!protocol.empty()) text += " proto " + protocol;
  text += endpoints(rule) + transport(rule) + with(rule) + keep(rule);
  if (!rule.head.empty()) text += " head " + rule.head;
  if (!rule.group.empty()) text += " group " + rule.group;
  return text;
}

}  // namespace tunnel::filter::language
