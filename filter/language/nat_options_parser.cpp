// What follows the target of a rule of ipnat.rules, in any order, and what a rule must be as a
// whole.

#include "filter/language/endpoint_parser.hpp"
#include "filter/language/nat_rule_parser.hpp"
#include "filter/language/words.hpp"
#include "filter/model/protocols.hpp"

#include <bit>
#include <utility>

namespace tunnel::filter::language {

namespace {

constexpr std::string_view kOptions =
    "portmap, ports, proxy, round-robin, frag, age A[/B], sticky, mssclamp N, tag T, and a "
    "protocol";

bool has_any_protocol(const NatRule& rule) {
  return std::holds_alternative<std::monostate>(rule.protocol);
}

bool names_ports(const NatRule& rule) {
  return rule.source.port != PortTest{} || rule.destination.port != PortTest{} ||
         rule.port_target.has_value();
}

bool may_have_ports(const ProtocolTest& protocol) {
  const auto* number = std::get_if<std::uint8_t>(&protocol);
  return number == nullptr || has_ports(*number);
}

}  // namespace

void NatRuleParser::parse_options() {
  while (!in_.at_end()) {
    if (!parse_option() && !parse_map_option()) parse_protocol_option();
  }
}

bool NatRuleParser::parse_option() {
  if (in_.accept("round-robin")) {
    rule_.round_robin = true;
  } else if (in_.accept("frag")) {
    rule_.frag = true;
  } else if (in_.accept("age")) {
    rule_.ages = parse_ages(in_);
  } else if (in_.accept("sticky")) {
    rule_.sticky = true;
  } else if (in_.accept("mssclamp")) {
    const auto token = in_.peek();
    rule_.mss = static_cast<std::uint16_t>(in_.expect_number("a segment size", 0xffff));
    if (*rule_.mss == 0) in_.mistake(token, "a segment holds one octet at least");
  } else if (in_.accept("tag")) {
    constexpr std::size_t kMost = 16;
    const auto token = in_.expect_word("a tag");
    if (token.text.size() > kMost) {
      in_.mistake(token, "a tag has at most " + std::to_string(kMost) + " characters");
    }
    rule_.tag = token.text;
  } else {
    return false;
  }
  return true;
}

bool NatRuleParser::parse_map_option() {
  const auto token = in_.peek();
  if (in_.accept("portmap")) {
    if (!is(NatRule::Kind::Map)) in_.mistake(token, "portmap is of map alone");
    parse_portmap();
  } else if (in_.accept("ports")) {
    if (!is(NatRule::Kind::MapBlock)) {
      in_.mistake(token, "ports is of map-block alone", "map has portmap");
    }
    if (!in_.accept("auto")) {
      rule_.ports_each = static_cast<std::uint16_t>(in_.expect_number("a number of ports", 0xffff));
    }
  } else if (in_.accept("proxy")) {
    parse_proxy();
  } else {
    return false;
  }
  return true;
}

void NatRuleParser::parse_portmap() {
  const auto token = in_.peek();
  PortMap map;
  map.protocol = parse_protocol(in_, names_);
  const auto* number = std::get_if<std::uint8_t>(&map.protocol);
  if (number != nullptr && !has_ports(*number)) {
    in_.mistake(token, "portmap is of tcp, udp or tcp/udp");
  }
  if (in_.accept("auto")) {
    map.automatic = true;
  } else {
    const auto first = in_.peek();
    map.first = parse_port(in_, names_, service_protocol(map.protocol));
    in_.expect(":");
    map.last = parse_port(in_, names_, service_protocol(map.protocol));
    if (map.last < map.first || map.first == 0) {
      in_.mistake(first, "the range of ports is empty or begins at 0",
                  "write the lower port first, as 1025:65000");
    }
  }
  map.sequential = in_.accept("sequential");
  rule_.portmap = map;
  set_protocol(token, map.protocol);
}

/// "proxy port ftp ftp/tcp": the one proxy there is.
void NatRuleParser::parse_proxy() {
  const auto start = in_.peek();
  const bool named = in_.accept("port");
  if (named) rule_.ftp_port = parse_port(in_, names_, "tcp");
  const auto token = in_.expect_word("a proxy, as ftp/tcp");
  if (token.text != "ftp") {
    in_.mistake(token, "the proxy " + shown(token) + " is not supported",
                "ftp/tcp is; other protocols are to use passive or fixed ports");
  }
  in_.expect("/");
  in_.expect("tcp");
  if (!named) {
    in_.mistake(start, "a proxy needs the port of its control connection",
                "proxy port ftp ftp/tcp");
  }
  if (!is(NatRule::Kind::Map)) in_.mistake(start, "the ftp proxy is of map alone");
  set_protocol(token, kTcp);
}

void NatRuleParser::parse_protocol_option() {
  const auto token = in_.peek();
  if (const auto alternative = alternative_to(token.text); !alternative.empty()) {
    in_.mistake(token, shown(token) + " is not supported", std::string{alternative});
    return;
  }
  const bool known = token.is("tcp") || token.is("tcp-udp") || token.is("tcpudp") ||
                     parse_number(token.text) || named_protocol(token.text, names_);
  if (token.kind != Token::Kind::Word || !known) {
    in_.mistake(token, shown(token) + " is not expected here",
                suggestion(token.text, WordKind::NatKeyword)
                    .value_or("options are " + std::string{kOptions}));
    return;
  }
  set_protocol(token, parse_protocol(in_, names_));
}

void NatRuleParser::set_protocol(const Token& token, const ProtocolTest& protocol) {
  if (!has_any_protocol(rule_) && rule_.protocol != protocol) {
    in_.mistake(token, "the rule names two protocols", "write a rule for each");
  }
  rule_.protocol = protocol;
}

void NatRuleParser::check_whole() {
  if (names_ports(rule_) && has_any_protocol(rule_)) rule_.protocol = TcpUdp{};
  if (names_ports(rule_) && !may_have_ports(rule_.protocol)) {
    in_.mistake(start_, "only TCP and UDP have ports", "write tcp, udp or tcp/udp at the end");
  }
  const bool several = std::holds_alternative<std::vector<Ipv4Address>>(rule_.target);
  if (rule_.sticky && !rule_.round_robin && !several) {
    in_.mistake(start_, "sticky is for round-robin, or for several hosts",
                "with one host every connection goes there");
  }
  if (rule_.round_robin && !is(NatRule::Kind::Rdr)) {
    in_.mistake(start_, "round-robin is of rdr alone");
  }
  if (rule_.mss && !may_have_ports(rule_.protocol)) {
    in_.mistake(start_, "mssclamp is of TCP", "write tcp, or no protocol");
  }
  const auto& ports = rule_.destination.port;
  if (rule_.port_target && !rule_.port_target->single && ports.op == PortTest::Operator::Range &&
      rule_.port_target->port + (ports.last - ports.first) > 0xffff) {
    in_.mistake(
        start_, "the range of ports would be moved beyond 65535",
        "begin lower, or put all onto one port: port = " + std::to_string(rule_.port_target->port));
  }
  check_target();
}

void NatRuleParser::check_target() {
  if (in_.dead() || is(NatRule::Kind::Map) || is(NatRule::Kind::Rdr)) return;
  const auto* source = std::get_if<MaskedIpv4>(&rule_.source.address.address);
  const auto* target = std::get_if<MaskedIpv4>(&rule_.target);
  const bool own = std::holds_alternative<InterfaceAddress>(rule_.target);
  if (source == nullptr || rule_.source.address.negated || (target == nullptr && !own)) {
    in_.mistake(start_, "map-block and bimap go from a network to a network");
  } else if (is(NatRule::Kind::Bimap) && source->mask != (own ? 0xffff'ffff : target->mask)) {
    in_.mistake(start_, "both sides of a bimap must have the same size",
                "each address inside has one outside");
  } else if (is(NatRule::Kind::Bimap) && names_ports(rule_)) {
    in_.mistake(start_, "a bimap is of whole addresses", "rdr and map know ports");
  }
}

}  // namespace tunnel::filter::language
