#include "filter/compiler/outcomes.hpp"

#include "filter/compiler/ages.hpp"
#include "filter/model/protocols.hpp"

#include <array>
#include <bit>
#include <utility>

namespace tunnel::filter::compiler {

namespace {

using nft::equal;
using nft::Expressions;
using nft::meta;
using nft::Value;

/// Longer than the kernel takes to send what it answers.
constexpr std::chrono::seconds kAnswerTime{1};
constexpr auto kAnswered4 = "answered4";
constexpr auto kAnswered6 = "answered6";
constexpr auto kAsDestination4 = "answered_as_dest4";
constexpr auto kAsDestination6 = "answered_as_dest6";

/// The codes of Destination Unreachable that nftables has names for (RFC 792, RFC 1812 §5.2.7.1).
struct UnreachableCode {
  std::uint8_t code;
  const char* name;
};

constexpr std::array<UnreachableCode, 7> kUnreachableCodes{{{0, "net-unreachable"},
                                                            {1, "host-unreachable"},
                                                            {2, "prot-unreachable"},
                                                            {3, "port-unreachable"},
                                                            {9, "net-prohibited"},
                                                            {10, "host-prohibited"},
                                                            {13, "admin-prohibited"}}};

std::string unreachable_name(std::uint8_t code) {
  for (const auto& each : kUnreachableCodes) {
    if (each.code == code) return each.name;
  }
  return std::to_string(code);
}

/// RFC 4443 §3.1.
std::string unreachable6_name(std::uint8_t code) {
  switch (code) {
    case 1:
      return "addr-unreachable";
    case 3:
      return "port-unreachable";
    case 9:
    case 10:
    case 13:
      return "admin-prohibited";
    default:
      return "no-route";
  }
}

std::string log_words(const Rule& rule) {
  if (!rule.log) return {};
  return rule.log->body ? "_body" : "_log";
}

}  // namespace

std::string Outcomes::named(std::string name, const std::function<Rules()>& make) {
  if (made_.emplace(name, true).second) {
    auto rules = make();
    table_.chains.push_back({name, std::nullopt, std::move(rules)});
  }
  return name;
}

void Outcomes::add_log(Rules& rules, const Rule& rule, const char* prefix) const {
  if (!rule.log) return;
  const auto octets = rule.log->body ? kLoggedBody : kLoggedHeaders;
  rules.push_back({nft::log(prefix, options_.log_group, octets)});
}

/// The number of the rule becomes the mark of the flow, bit by bit: the kernel has no word for "the
/// one under a mask, the other outside of it".
void Outcomes::add_keep(Rules& rules, const KeepState& keep) {
  const auto mask = options_.mark_mask;
  const auto mark = nft::ct("mark");
  if (mask == 0xffff'ffff) {
    rules.push_back({nft::set(mark, meta("mark"))});
  } else {
    rules.push_back({nft::set(mark, nft::masked(mark, ~mask))});
    for (unsigned bit = 0; bit < 32; ++bit) {
      const auto one = 1U << bit;
      if ((mask & one) == 0) continue;
      rules.push_back({nft::match("!=", nft::masked(meta("mark"), one), Value(0)),
                       nft::set(mark, boost::json::object{{"|", boost::json::array{mark, one}}})});
    }
  }
  if (!keep.ages) return rules.push_back(udp_aging(kUdpAges, table_));
  for (auto& each : aging(*keep.ages, table_)) rules.push_back(std::move(each));
}

/// The sender, whose answer is on its way: the kernel sends it at once.
void Outcomes::note_answer(Rules& rules, const char* set4, const char* set6) {
  const auto note = [&](const char* set, const char* type, const char* protocol) {
    rules.push_back({nft::remember(nft::payload(protocol, "saddr"), set)});
    if (!made_.emplace(std::string{"set "} + set, true).second) return;
    nft::Map senders{set, {type}};
    senders.lifetime = kAnswerTime;
    table_.maps.push_back(std::move(senders));
  };
  note(set4, "ipv4_addr", "ip");
  note(set6, "ipv6_addr", "ip6");
}

/// In an ICMP error of ours, the address of the host that was meant stands as the destination of
/// the packet that is quoted.
std::vector<Expressions> Outcomes::answers() const {
  constexpr unsigned kIcmpHeader = 8 * 8;  // in bits, as all of these
  constexpr unsigned kDestination4 = kIcmpHeader + 16 * 8;
  constexpr unsigned kDestination6 = kIcmpHeader + 24 * 8;
  std::vector<Expressions> rules;
  const auto to = [](const char* protocol, const char* set) {
    return equal(nft::payload(protocol, "daddr"), nft::named(set));
  };
  const auto unreachable = [](const char* protocol, unsigned type) {
    return equal(nft::payload(protocol, "type"), Value(type));
  };
  const auto reset = nft::match("!=", nft::masked(nft::payload("tcp", "flags"), kRst), Value(0));
  if (as_destination_) {
    rules.push_back(
        {to("ip", kAsDestination4), unreachable("icmp", 3),
         nft::set(nft::payload("ip", "saddr"), nft::raw_payload("th", kDestination4, 32)),
         nft::accept()});
    rules.push_back(
        {to("ip6", kAsDestination6), unreachable("icmpv6", 1),
         nft::set(nft::payload("ip6", "saddr"), nft::raw_payload("th", kDestination6, 128)),
         nft::accept()});
  }
  if (!answers_) return rules;
  rules.push_back({to("ip", kAnswered4), reset, nft::accept()});
  rules.push_back({to("ip6", kAnswered6), reset, nft::accept()});
  rules.push_back({to("ip", kAnswered4), unreachable("icmp", 3), nft::accept()});
  rules.push_back({to("ip6", kAnswered6), unreachable("icmpv6", 1), nft::accept()});
  return rules;
}

void Outcomes::add_block(Rules& rules, const Rule& rule) {
  const bool answered = rule.direction == Direction::In && rule.reply != Reply::None;
  if (answered && rule.reply == Reply::IcmpAsDestination) {
    note_answer(rules, kAsDestination4, kAsDestination6);
    as_destination_ = true;
  } else if (answered) {
    note_answer(rules, kAnswered4, kAnswered6);
    answers_ = true;
  }
  if (answered && rule.reply == Reply::Rst) {
    rules.push_back({equal(meta("l4proto"), Value(kTcp)), nft::reject("tcp reset", "")});
  } else if (answered) {
    rules.push_back({equal(meta("nfproto"), Value("ipv4")),
                     nft::reject("icmp", unreachable_name(rule.reply_code))});
    rules.push_back({equal(meta("nfproto"), Value("ipv6")),
                     nft::reject("icmpv6", unreachable6_name(rule.reply_code))});
  }
  rules.push_back({nft::drop()});
}

std::string Outcomes::pass_chain(const Rule& rule, std::uint32_t number) {
  std::string name = "pass" + log_words(rule);
  const auto& keep = rule.keep_state;
  if (keep) name += "_keep";
  if (keep && keep->ages) {
    name += "_" + std::to_string(keep->ages->forward.count()) + "_" +
            std::to_string(keep->ages->backward.count());
  }
  // A quick rule has counted its flows before it was asked, see ListCompiler.
  const bool limited = keep && keep->limit && !rule.quick;
  if (limited) name += "_limit_" + std::to_string(number);
  return named(name, [&] {
    Rules rules;
    if (limited) {
      rules.push_back({nft::flows_beyond(*keep->limit), nft::go_to(block_chain(rule, kBlocked))});
    }
    if (keep) add_keep(rules, *keep);
    add_log(rules, rule, kPassed);
    rules.push_back({nft::set(meta("mark"), Value(0)), nft::accept()});
    return rules;
  });
}

std::string Outcomes::block_chain(const Rule& rule, const char* prefix) {
  std::string name = "block" + log_words(rule);
  if (rule.log && prefix != std::string_view{kBlocked}) name += "_by_state";
  const bool answered = rule.direction == Direction::In && rule.action == Action::Block;
  if (answered && rule.reply == Reply::Rst) name += "_rst";
  if (answered && (rule.reply == Reply::Icmp || rule.reply == Reply::IcmpAsDestination)) {
    name += "_icmp_" + std::to_string(rule.reply_code);
    if (rule.reply == Reply::IcmpAsDestination) name += "_as_dest";
  }
  return named(name, [&] {
    Rules rules;
    add_log(rules, rule, prefix);
    add_block(rules, rule);
    return rules;
  });
}

std::string Outcomes::chain_for(const Rule& rule, std::uint32_t number, Statable statable) {
  const bool keeps = rule.keep_state && statable == Statable::Yes;
  if (rule.action == Action::Pass && (keeps || !rule.keep_state)) return pass_chain(rule, number);
  if (!keeps || rule.action == Action::Pass) return block_chain(rule, kBlocked);
  return named("block_keep_" + std::to_string(number), [&] {
    auto rules = blocked_.remember(number, rule.keep_state->ages);
    rules.push_back({nft::go_to(block_chain(rule, kBlocked))});
    return rules;
  });
}

namespace {

/// With log first, the packet that made the state was the one to be logged.
Rule once_known(Rule rule) {
  if (rule.log && rule.log->first) rule.log = std::nullopt;
  return rule;
}

}  // namespace

/// What goes out has nobody to be answered but its sender here, who sees that it fails.
std::string Outcomes::blocked_chain(const Rule& rule, std::uint32_t number, Direction direction) {
  auto later = once_known(rule);
  if (direction == Direction::Out) later.reply = Reply::None;
  const auto* name = direction == Direction::In ? "in_blocked_" : "out_blocked_";
  return named(name + std::to_string(number), [&] {
    auto rules = blocked_.remember(number, rule.keep_state->ages);
    rules.push_back({nft::go_to(block_chain(later, kBlockedByState))});
    return rules;
  });
}

nft::Value Outcomes::state_of(const Rule& rule) {
  const auto later = once_known(rule);
  const bool no_errors = rule.keep_state->no_icmp_errors;
  const auto name = "state" + log_words(later) + (no_errors ? "_no_errors" : "");
  named(name, [&] {
    Rules rules;
    if (no_errors) {
      rules.push_back({equal(meta("l4proto"), nft::set_of({Value(kIcmp), Value(kIcmp6)})),
                       nft::match("in", nft::ct("state"), Value("related")), nft::go_back()});
    }
    if (later.log) {
      rules.push_back({nft::set(meta("mark"), nft::masked(nft::ct("mark"), options_.mark_mask))});
      add_log(rules, later, kPassedByState);
      rules.push_back({nft::set(meta("mark"), Value(0))});
    }
    rules.push_back({nft::accept()});
    return rules;
  });
  return no_errors ? nft::jumping_to(name) : nft::going_to(name);
}

}  // namespace tunnel::filter::compiler
