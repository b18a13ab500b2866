#pragma once

#include "filter/nft/ruleset.hpp"
#include "tunneld/base/address.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

// The words of libnftables-json(5) that this project uses.

namespace tunnel::filter::nft {

using Value = boost::json::value;

// What can be looked at.
Value meta(std::string_view key);
Value ct(std::string_view key);
/// As the first packet of the flow had it, before any translation: "ip saddr", "proto-dst".
Value ct_original(std::string_view key);
Value payload(std::string_view protocol, std::string_view field);
/// Bits of a header that have no name; `base` is "nh" or "th".
Value raw_payload(std::string_view base, unsigned offset_bits, unsigned length_bits);
Value masked(Value left, std::uint32_t mask);
Value concat(std::vector<Value> parts);

// What it is compared with.
Value prefix(const std::string& address, unsigned length);
Value range(std::uint32_t first, std::uint32_t last);
Value set_of(std::vector<Value> elements);
Value named(const std::string& set);  // "@name"

// Matches.
Expression match(std::string_view op, Value left, Value right);

inline Expression equal(Value left, Value right) {
  return match("==", std::move(left), std::move(right));
}

// Statements.
Expression accept();
Expression drop();
Expression jump(const std::string& chain);
Expression go_to(const std::string& chain);
Expression go_back();
Expression set(Value what, Value to);
Expression log(std::string_view prefix, unsigned group, unsigned octets);
/// "tcp reset", "icmp", "icmpv6"; `code` by its name, empty for a reset.
Expression reject(std::string_view type, std::string_view code);
Expression counter();
/// A counter that is an object of its own, by its name.
Expression counter(const std::string& name);
/// Puts a value into a set, or makes it stay longer: as long as the set says, or so long.
Expression remember(Value what, const std::string& set);
Expression remember(Value what, const std::string& set, std::chrono::seconds lifetime);
/// The flow is counted where this stands; goes on while there are at most, or more than, so many.
Expression flows_within(unsigned most);
Expression flows_beyond(unsigned most);
/// Goes to where the map has the key lead; falls through where it has none.
Expression lead(Value key, const std::string& map);
/// What the map has for the key; the rule ends where it has none.
Value looked_up(Value key, const std::string& map);

// Values of maps.
Value going_to(const std::string& chain);
/// Comes back where the chain ends without a verdict.
Value jumping_to(const std::string& chain);
/// Goes to the chains in turn, or to one for each value of `key`.
Expression in_turn(const std::vector<std::string>& chains);
Expression by_hash(Value key, const std::vector<std::string>& chains);

}  // namespace tunnel::filter::nft
