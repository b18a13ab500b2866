#pragma once

#include "filter/model/rule.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The words of ipf(5) for numbers. Each table is read both ways.

namespace tunnel::filter::language {

std::optional<std::uint8_t> icmp_type(std::string_view word, Family family);
/// Empty: it has no name.
std::string_view icmp_type_name(std::uint8_t type, Family family);

/// Codes of Destination Unreachable (RFC 792, RFC 1812 §5.2.7.1): "port-unr".
std::optional<std::uint8_t> unreachable_code(std::string_view word);
std::string_view unreachable_code_name(std::uint8_t code);

/// Types of IPv4's options: "lsrr".
std::optional<std::uint8_t> ip_option(std::string_view word);
std::string_view ip_option_name(std::uint8_t type);

/// Protocols that have names on every machine: "tcp", "ipv6-icmp", "gre".
std::optional<std::uint8_t> protocol_number(std::string_view word);

std::optional<Quality> quality(std::string_view word);
std::string_view quality_name(Quality quality);

std::optional<std::uint8_t> facility(std::string_view word);
std::string_view facility_name(std::uint8_t facility);

std::optional<Severity> severity(std::string_view word);
std::string_view severity_name(Severity severity);

/// "S", "SA", or a number; nullopt for anything else.
std::optional<std::uint8_t> tcp_flags(std::string_view word);
/// In the order F S R P A U E C.
std::string tcp_flags_text(std::uint8_t flags);

/// What IPFilter has and this language has not, in the words of a hint; empty: it is none of them.
std::string_view alternative_to(std::string_view unsupported);

/// What a word may have been meant as.
enum class WordKind : std::uint8_t {
  Action,
  Keyword,  // of ipf.rules, behind the direction
  NatAction,
  NatKeyword,
  Quality,
  IcmpType,
  UnreachableCode,
  IpOption,
};

/// did you mean "block"? nullopt: no word of that kind is near.
std::optional<std::string> suggestion(std::string_view word, WordKind kind);

}  // namespace tunnel::filter::language
