#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/rule.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tunnel::filter::language {

/// "192.168.1.0/24", "10.0.0.0 mask 255.0.0.0", "gw.example", "2001:db8::/32", "0/0", "any", with
/// "!" before it. Mistakes go to the reader.
AddressTest parse_address(RuleReader& in, const Names& names);

/// One host, without a mask.
Names::Address parse_host(RuleReader& in, const Names& names);

/// The number or the name of a port of `protocol` ("tcp", "udp", or empty for either).
std::uint16_t parse_port(RuleReader& in, const Names& names, const std::string& protocol);

/// Behind "port": "= 80", "1 >< 9", "1:9".
PortTest parse_port_test(RuleReader& in, const Names& names, const std::string& protocol);

/// "tcp", "tcp/udp", "47", "gre".
ProtocolTest parse_protocol(RuleReader& in, const Names& names);

/// A protocol that has a name, here or on this machine.
std::optional<std::uint8_t> named_protocol(std::string_view word, const Names& names);

/// The protocol whose services have names: "tcp", "udp", or empty for either.
std::string service_protocol(const ProtocolTest& test);

/// Behind "age": "60", "60/30".
Ages parse_ages(RuleReader& in);

/// The mask of so many leading ones, at most 32.
constexpr std::uint32_t ipv4_mask(unsigned length) noexcept {
  return length == 0 ? 0 : 0xffff'ffffU << (32 - length);
}

}  // namespace tunnel::filter::language
