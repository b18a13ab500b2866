// What a rule asks of a packet: from "family" to "with".

#include "filter/language/endpoint_parser.hpp"
#include "filter/language/rule_parser.hpp"
#include "filter/language/words.hpp"
#include "filter/model/protocols.hpp"

#include <utility>

namespace tunnel::filter::language {

const ProtocolTest& RuleParser::protocol() const {
  const bool own = !std::holds_alternative<std::monostate>(rule_.protocol);
  return own || head_ == nullptr ? rule_.protocol : head_->protocol;
}

bool RuleParser::is_of(std::uint8_t number) const {
  const auto* named = std::get_if<std::uint8_t>(&protocol());
  return named != nullptr && *named == number;
}

/// The family that the rule is about, as far as it says so.
Family RuleParser::family_of_icmp() const {
  const auto family = rule_.family ? rule_.family : head_ != nullptr ? head_->family : std::nullopt;
  return family == Family::Ipv6 || is_of(kIcmp6) ? Family::Ipv6 : Family::Ipv4;
}

void RuleParser::parse_header_tests() {
  for (bool more = true; more;) {
    if (in_.accept("family")) {
      parse_family();
    } else if (in_.accept("tos")) {
      rule_.tos = static_cast<std::uint8_t>(in_.expect_number("a type of service", 0xff));
    } else if (in_.accept("ttl")) {
      rule_.ttl = static_cast<std::uint8_t>(in_.expect_number("a time to live", 0xff));
    } else if (in_.accept("proto")) {
      rule_.protocol = parse_protocol(in_, names_);
    } else {
      more = false;
    }
  }
}

void RuleParser::parse_family() {
  const auto token = in_.expect_word("inet or inet6");
  if (token.text == "inet") {
    rule_.family = Family::Ipv4;
  } else if (token.text == "inet6") {
    rule_.family = Family::Ipv6;
  } else {
    in_.mistake(token, shown(token) + " is not a family", "inet or inet6");
  }
}

void RuleParser::parse_endpoints() {
  if (in_.accept("all")) return;
  const bool from = in_.accept("from");
  if (from) rule_.source = parse_endpoint();
  const auto token = in_.peek();
  if (!from && in_.is_followed_by(":")) {
    // "to em1:192.0.2.1" stands where IPFilter names the next hop.
    in_.mistake(token, "a rule that chooses the way of a packet is not supported",
                std::string{alternative_to("route-to")});
  }
  if (in_.accept("to")) {
    rule_.destination = parse_endpoint();
  } else if (const auto alternative = alternative_to(token.text); !alternative.empty()) {
    in_.mistake(token, shown(token) + " is not supported", std::string{alternative});
  } else if (!from) {
    in_.mistake(token, "expected \"all\", \"from\" or \"to\" instead of " + shown(token),
                suggestion(token.text, WordKind::Keyword)
                    .value_or("the order is: ACTION in|out [log] [quick] [on IFACE] [family F] "
                              "[proto P] all | from X to Y …"));
  }
}

Endpoint RuleParser::parse_endpoint() {
  Endpoint endpoint;
  if (!in_.next_is("port")) endpoint.address = parse_address(in_, names_);
  const auto token = in_.peek();
  if (!in_.accept("port")) return endpoint;
  endpoint.port = parse_port_test(in_, names_, service_protocol(protocol()));
  const auto* number = std::get_if<std::uint8_t>(&protocol());
  if (number != nullptr && *number != kTcp && *number != kUdp) {
    in_.mistake(token, "only TCP and UDP have ports", "write proto tcp, udp or tcp/udp");
  }
  return endpoint;
}

void RuleParser::parse_flags() {
  const auto start = in_.peek();
  if (!in_.accept("flags")) return;
  auto& flags = rule_.flags.emplace();
  if (!in_.next_is("/")) flags.value = parse_flag_set();
  if (in_.accept("/")) flags.mask = parse_flag_set();
  if (!is_of(kTcp)) {
    in_.mistake(start, "only TCP has flags", "write proto tcp");
  } else if ((flags.value & ~flags.mask) != 0) {
    in_.mistake(start, "flags outside the mask never match", "add them behind the /");
  }
}

std::uint8_t RuleParser::parse_flag_set() {
  const auto token = in_.expect_word("TCP flags");
  const auto flags = tcp_flags(token.text);
  if (!flags) {
    in_.mistake(token, shown(token) + " are not TCP flags",
                "letters of FSRPAUEC, as S or SA, or a number");
  }
  return flags.value_or(0);
}

void RuleParser::parse_icmp() {
  const auto start = in_.peek();
  if (!in_.accept("icmp-type")) return;
  if (in_.next_is("(")) {
    in_.mistake(in_.peek(), "lists of types are not supported", "write a rule for each");
  }
  const auto token = in_.expect_word("a type of ICMP");
  const auto number = parse_number(token.text);
  const auto named = icmp_type(token.text, family_of_icmp());
  if (!named && (!number || *number > 0xff)) {
    in_.mistake(token, shown(token) + " is not a type of ICMP",
                suggestion(token.text, WordKind::IcmpType)
                    .value_or("as echo, echorep, unreach, timex, or a number up to 255"));
  }
  auto& icmp = rule_.icmp.emplace();
  icmp.type = named ? *named : static_cast<std::uint8_t>(number.value_or(0));
  if (in_.accept("code")) icmp.code = parse_code(in_.expect_word("a code of ICMP"));
  if (!is_of(kIcmp) && !is_of(kIcmp6)) {
    in_.mistake(start, "only ICMP has types", "write proto icmp, or ipv6-icmp");
  }
}

void RuleParser::parse_with() {
  if (!in_.accept("with") && !in_.accept("and")) return;
  do {
    rule_.with.push_back(parse_with_test());
  } while (!in_.dead() && (in_.accept(",") || in_.accept("and") || more_with()));
}

/// "with" lists its tests with or without commas.
bool RuleParser::more_with() const {
  return in_.next_is("not") || in_.next_is("no") || in_.next_is("opt") ||
         quality(in_.peek().text).has_value();
}

WithTest RuleParser::parse_with_test() {
  WithTest test;
  test.negated = in_.accept("not") || in_.accept("no");
  if (in_.accept("opt")) {
    test.what = parse_ip_options();
    return test;
  }
  const auto token = in_.expect_word("what the packet is to be like");
  const auto known = quality(token.text);
  if (!known) {
    const bool ipfilter = token.text == "oow" || token.text == "state" || token.text == "bad-nat" ||
                          token.text == "bad-src" || token.text == "v6hdr" ||
                          token.text == "v6hdrs";
    in_.mistake(
        token, shown(token) + (ipfilter ? " is not supported" : " is nothing that a packet can be"),
        suggestion(token.text, WordKind::Quality)
            .value_or("ipopts, opt, short, bad, nat, frag, frag-body, lowttl, multicast, "
                      "bcast, mbcast"));
  }
  test.what = known.value_or(Quality::Short);
  return test;
}

std::vector<std::uint8_t> RuleParser::parse_ip_options() {
  std::vector<std::uint8_t> types;
  do {
    const auto token = in_.expect_word("an IP option");
    const auto type = ip_option(token.text);
    if (token.text == "sec-class") {
      in_.mistake(token, "\"sec-class\" is not supported", "opt sec matches all classes");
    } else if (!type) {
      in_.mistake(
          token, shown(token) + " is not an IP option",
          suggestion(token.text, WordKind::IpOption).value_or("as lsrr, ssrr, rr, ts, rtralrt"));
    }
    types.push_back(type.value_or(0));
  } while (!in_.dead() && in_.accept(","));
  return types;
}

}  // namespace tunnel::filter::language
