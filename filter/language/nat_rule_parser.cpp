// A rule of ipnat.rules up to its target; nat_options_parser.cpp has what follows.

#include "filter/language/nat_rule_parser.hpp"

#include "filter/language/endpoint_parser.hpp"
#include "filter/language/words.hpp"
#include "filter/model/interface_word.hpp"

#include <utility>

namespace tunnel::filter::language {

namespace {

constexpr std::string_view kOrder =
    "as map em0 10.0.0.0/8 -> 192.0.2.1/32 portmap tcp/udp auto, or rdr em0 192.0.2.1/32 port 80 "
    "-> 10.0.0.1 port 8080 tcp";

}  // namespace

NatRuleParser::NatRuleParser(RuleReader& in, const Names& names, unsigned file)
    : in_{in}, names_{names}, start_{in.peek()} {
  rule_.place = {file, start_.line};
}

NatRule NatRuleParser::parse() {
  parse_kind();
  parse_interface();
  parse_match();
  parse_target();
  parse_options();
  check_whole();
  return std::move(rule_);
}

void NatRuleParser::parse_kind() {
  const auto token = in_.peek();
  if (in_.accept("map")) {
    rule_.kind = NatRule::Kind::Map;
  } else if (in_.accept("map-block")) {
    rule_.kind = NatRule::Kind::MapBlock;
  } else if (in_.accept("rdr")) {
    rule_.kind = NatRule::Kind::Rdr;
  } else if (in_.accept("bimap")) {
    rule_.kind = NatRule::Kind::Bimap;
  } else if (const auto alternative = alternative_to(token.text); !alternative.empty()) {
    in_.mistake(token, shown(token) + " is not supported", std::string{alternative});
  } else {
    in_.mistake(token, shown(token) + " does not begin a rule of ipnat",
                suggestion(token.text, WordKind::NatAction)
                    .value_or("a rule begins with map, map-block, rdr or bimap"));
  }
}

void NatRuleParser::parse_interface() {
  const auto token = in_.expect_word("an interface name");
  const auto name = interface_called(token.text);
  if (!name) {
    in_.mistake(token, shown(token) + " is not the name of an interface",
                "1 to 15 of A-Z a-z 0-9 _ . -");
  } else if (in_.next_is(",")) {
    in_.mistake(in_.peek(), "a second interface is not supported",
                "write a rule for each interface: replies are known by their connection");
  }
  rule_.interface = name.value_or(InterfaceName{});
}

void NatRuleParser::parse_match() {
  if (in_.next_is("from") || in_.next_is("!")) {
    parse_from_to();
    return;
  }
  auto& endpoint = is(NatRule::Kind::Rdr) ? rule_.destination : rule_.source;
  endpoint.address = parse_nat_address();
  if (is(NatRule::Kind::Rdr) && in_.accept("port")) endpoint.port = parse_first_ports();
}

/// "!" stands before "from" or "to", or before the address.
void NatRuleParser::parse_from_to() {
  const bool not_from = in_.accept("!");
  in_.expect("from");
  rule_.source.address = parse_nat_address();
  rule_.source.address.negated |= not_from;
  if (in_.accept("port")) rule_.source.port = parse_port_test(in_, names_, {});
  const bool not_to = in_.accept("!");
  in_.expect("to");
  rule_.destination.address = parse_nat_address();
  rule_.destination.address.negated |= not_to;
  if (in_.accept("port")) rule_.destination.port = parse_port_test(in_, names_, {});
}

AddressTest NatRuleParser::parse_nat_address() {
  const auto token = in_.peek();
  auto test = parse_address(in_, names_);
  if (test.family() == Family::Ipv6) {
    in_.mistake(token, "addresses of IPv6 are not translated",
                "route them: hosts with IPv6 need no translation");
  }
  return test;
}

/// Of rdr's short form: "80", "8000-8010", "8000:8010".
PortTest NatRuleParser::parse_first_ports() {
  PortTest test;
  test.op = PortTest::Operator::Eq;
  const auto token = in_.peek();
  const auto dash = token.text.find('-');
  const auto low = parse_number(token.text.substr(0, dash));
  const auto high =
      dash == std::string_view::npos ? std::nullopt : parse_number(token.text.substr(dash + 1));
  if (low && high && *low <= 0xffff && *high <= 0xffff) {
    in_.take();
    test.op = PortTest::Operator::Range;
    test.first = static_cast<std::uint16_t>(*low);
    test.last = static_cast<std::uint16_t>(*high);
  } else {
    test.first = parse_port(in_, names_, {});
    if (in_.accept(":")) {
      test.op = PortTest::Operator::Range;
      test.last = parse_port(in_, names_, {});
    }
  }
  if (test.op == PortTest::Operator::Range && test.last < test.first) {
    in_.mistake(token, "the range of ports runs backwards", "write the lower port first");
  }
  // "port 0" is how older files say that any port is meant.
  return test.op == PortTest::Operator::Eq && test.first == 0 ? PortTest{} : test;
}

void NatRuleParser::parse_target() {
  if (!in_.accept("->")) {
    in_.mistake(in_.peek(), "expected \"->\" instead of " + shown(in_.peek()), std::string{kOrder});
  }
  if (is(NatRule::Kind::Rdr)) {
    rule_.target = parse_host_targets();
    parse_port_target();
  } else {
    rule_.target = parse_network_target();
  }
}

std::optional<AddressRange> NatRuleParser::range_in(std::string_view text) const {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = Ipv4Address::parse(text.substr(0, dash));
  const auto last = Ipv4Address::parse(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  return AddressRange{*first, *last};
}

NatTarget NatRuleParser::parse_network_target() {
  in_.accept("range");
  const auto token = in_.peek();
  if (const auto range = range_in(token.text)) {
    in_.take();
    if (range->last < range->first) {
      in_.mistake(token, "the range runs backwards", "write the lower address first");
    }
    return *range;
  }
  const auto test = parse_nat_address();
  const auto* network = std::get_if<MaskedIpv4>(&test.address);
  if (network == nullptr || test.negated) {
    in_.mistake(token, "a target is an address, a network or a range",
                "0/32 is the address of the interface");
    return {};
  }
  if (network->address.is_unspecified() && network->mask == 0xffff'ffff) return InterfaceAddress{};
  return *network;
}

NatTarget NatRuleParser::parse_host_targets() {
  std::vector<Ipv4Address> hosts;
  do {
    const auto token = in_.peek();
    const auto test = parse_nat_address();
    const auto* host = std::get_if<MaskedIpv4>(&test.address);
    if (host == nullptr || test.negated || host->mask != 0xffff'ffff) {
      in_.mistake(token, "rdr goes to single hosts",
                  "write one address, or several with commas between");
      return {};
    }
    hosts.push_back(host->address);
  } while (!in_.dead() && in_.accept(","));
  if (hosts.size() > 1) return hosts;
  const auto host = hosts.empty() ? Ipv4Address{} : hosts.front();
  if (host.is_unspecified()) return InterfaceAddress{};
  return MaskedIpv4{host};
}

void NatRuleParser::parse_port_target() {
  if (!in_.accept("port")) return;
  PortTarget target;
  target.single = in_.accept("=");
  target.port = parse_port(in_, names_, {});
  if (target.port != 0 || target.single) rule_.port_target = target;
  if (in_.next_is("-") || in_.next_is(":")) {
    in_.mistake(in_.peek(), "a range of ports as a target is not supported",
                "port N moves a range so that it begins at N");
  }
}

}  // namespace tunnel::filter::language
