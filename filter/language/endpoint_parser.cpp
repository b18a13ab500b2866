#include "filter/language/endpoint_parser.hpp"

#include "filter/language/words.hpp"
#include "filter/model/protocols.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace tunnel::filter::language {

namespace {

/// An address, or a number as one: "0" of "0/0", and 0xc0a80101.
std::optional<Names::Address> literal(std::string_view text) {
  if (const auto v4 = Ipv4Address::parse(text)) return *v4;
  if (const auto v6 = Ipv6Address::parse(text)) return *v6;
  if (const auto number = parse_number(text)) return Ipv4Address{*number};
  return std::nullopt;
}

bool looks_like_an_address(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

AddressTest test_of(const Names::Address& host) {
  AddressTest test;
  if (const auto* v4 = std::get_if<Ipv4Address>(&host)) {
    test.address = MaskedIpv4{*v4};
  } else {
    test.address = Prefix::host(std::get<Ipv6Address>(host));
  }
  return test;
}

/// Behind "/" or "mask".
void parse_mask(RuleReader& in, AddressTest& test) {
  if (auto* v4 = std::get_if<MaskedIpv4>(&test.address)) {
    const auto token = in.expect_word("a mask");
    const auto number = parse_number(token.text);
    if (const auto dotted = Ipv4Address::parse(token.text)) {
      v4->mask = dotted->value;
    } else if (number && token.text.starts_with("0x")) {
      v4->mask = *number;
    } else if (number && *number <= 32) {
      v4->mask = ipv4_mask(*number);
    } else {
      in.mistake(token, shown(token) + " is not a mask of IPv4",
                 "write a length up to 32, as /24, or 255.255.255.0, or 0xffffff00");
    }
    v4->address.value &= v4->mask;
    return;
  }
  const auto length = in.expect_number("a prefix length of IPv6", 128);
  auto& prefix = std::get<Prefix>(test.address);
  prefix = *Prefix::containing(prefix.ipv6(), length);
}

struct Comparison {
  std::string_view word;
  PortTest::Operator op;
};

constexpr std::array kComparisons{
    Comparison{"=", PortTest::Operator::Eq},  Comparison{"eq", PortTest::Operator::Eq},
    Comparison{"!=", PortTest::Operator::Ne}, Comparison{"ne", PortTest::Operator::Ne},
    Comparison{"<", PortTest::Operator::Lt},  Comparison{"lt", PortTest::Operator::Lt},
    Comparison{">", PortTest::Operator::Gt},  Comparison{"gt", PortTest::Operator::Gt},
    Comparison{"<=", PortTest::Operator::Le}, Comparison{"le", PortTest::Operator::Le},
    Comparison{">=", PortTest::Operator::Ge}, Comparison{"ge", PortTest::Operator::Ge}};

constexpr std::array kRanges{Comparison{"><", PortTest::Operator::Between},
                             Comparison{"<>", PortTest::Operator::Outside},
                             Comparison{":", PortTest::Operator::Range}};

}  // namespace

Names::Address parse_host(RuleReader& in, const Names& names) {
  const auto token = in.expect_word("an address");
  if (in.dead()) return {};
  if (const auto address = literal(token.text)) return *address;
  if (looks_like_an_address(token.text)) {
    in.mistake(token, shown(token) + " is not an address",
               "write all four numbers, as in 192.168.1.0/24");
    return {};
  }
  const auto addresses = names.host(std::string{token.text});
  if (addresses.size() == 1) return addresses.front();
  if (addresses.empty()) {
    in.mistake(token, "the host " + shown(token) + " is not known",
               "write its address, or mend the resolver; names are looked up when the rules are "
               "read");
  } else {
    in.mistake(
        token,
        "the host " + shown(token) + " has " + std::to_string(addresses.size()) + " addresses",
        "write a rule for each that is meant");
  }
  return {};
}

AddressTest parse_address(RuleReader& in, const Names& names) {
  const bool negated = in.accept("!");
  for (const std::string_view unsupported : {"pool", "hash", "("}) {
    if (in.next_is(unsupported)) {
      in.mistake(in.peek(), "lists of addresses are not supported",
                 std::string{alternative_to(unsupported)});
    }
  }
  AddressTest test;
  if (!in.accept("any")) {
    test = test_of(parse_host(in, names));
    if (in.accept("/") || in.accept("mask") || in.accept("netmask")) parse_mask(in, test);
  }
  test.negated = negated;
  return test;
}

std::uint16_t parse_port(RuleReader& in, const Names& names, const std::string& protocol) {
  const auto token = in.expect_word("a port");
  if (in.dead()) return 0;
  if (const auto number = parse_number(token.text)) {
    if (*number <= 0xffff) return static_cast<std::uint16_t>(*number);
    in.mistake(token, shown(token) + " is not a port (0 to 65535)");
    return 0;
  }
  if (const auto port = names.service(std::string{token.text}, protocol)) return *port;
  in.mistake(token,
             "the service " + shown(token) + " is not known" +
                 (protocol.empty() ? std::string{} : " for " + protocol),
             "write its number, or add it to /etc/services");
  return 0;
}

PortTest parse_port_test(RuleReader& in, const Names& names, const std::string& protocol) {
  PortTest test;
  for (const auto& each : kComparisons) {
    if (!in.accept(each.word)) continue;
    if (in.next_is("(")) {
      in.mistake(in.peek(), "lists of ports are not supported",
                 "write a rule for each, or a range");
    }
    test.op = each.op;
    test.first = parse_port(in, names, protocol);
    if (in.next_is(":")) {
      in.mistake(in.peek(), "a range a:b stands without \"" + std::string{each.word} + '"',
                 "write port " + std::to_string(test.first) + ":…");
    }
    return test;
  }
  test.first = parse_port(in, names, protocol);
  for (const auto& each : kRanges) {
    if (!in.accept(each.word)) continue;
    test.op = each.op;
    test.last = parse_port(in, names, protocol);
    return test;
  }
  in.mistake(in.peek(), "expected ><, <> or : and another port",
             "for one port write port = " + std::to_string(test.first));
  return test;
}

std::optional<std::uint8_t> named_protocol(std::string_view word, const Names& names) {
  const auto known = protocol_number(word);
  return known || parse_number(word) ? known : names.protocol(std::string{word});
}

ProtocolTest parse_protocol(RuleReader& in, const Names& names) {
  const auto token = in.expect_word("a protocol");
  if (in.dead()) return {};
  if (token.text == "tcp-udp" || token.text == "tcpudp") return TcpUdp{};
  if (token.text == "tcp" && in.accept("/")) {
    in.expect("udp");
    return TcpUdp{};
  }
  const auto number = parse_number(token.text);
  if (const auto known = named_protocol(token.text, names)) return *known;
  if (number && *number <= 0xff) return static_cast<std::uint8_t>(*number);
  in.mistake(token, shown(token) + " is not a protocol",
             "as tcp, udp, tcp/udp, icmp, ipv6-icmp, or a number up to 255 (/etc/protocols)");
  return {};
}

std::string service_protocol(const ProtocolTest& test) {
  const auto* number = std::get_if<std::uint8_t>(&test);
  if (number == nullptr) return {};
  return *number == kTcp ? "tcp" : *number == kUdp ? "udp" : "";
}

Ages parse_ages(RuleReader& in) {
  constexpr std::uint32_t kMost = 10 * 365 * 24 * 3600;
  Ages ages;
  ages.forward = ages.backward = std::chrono::seconds{in.expect_number("seconds", kMost)};
  if (in.accept("/")) ages.backward = std::chrono::seconds{in.expect_number("seconds", kMost)};
  return ages;
}

}  // namespace tunnel::filter::language
