#pragma once

#include "filter/model/rule.hpp"
#include "filter/nft/expressions.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What a rule asks of a packet, in the words of nftables.

namespace tunnel::filter::compiler {

/// What the kernel shows of a packet.
enum class View : std::uint8_t {
  Raw,    // as it came in, before fragments are put together
  Whole,  // without fragments
};

/// What can be looked up in a set when a rule asks for one exact value of it, in the order in which
/// it stands in the set's key.
enum class Field : std::uint8_t {
  Interface,
  Protocol,
  Source4,
  Source6,
  Destination4,
  Destination6,
  SourcePort,
  DestinationPort,
};

/// "ipv4_addr": its type in the key of a set.
std::string type_of(Field field);

/// Equality with one value.
struct KeyPart {
  Field field{};
  nft::Value left;
  nft::Value right;
};

/// A conjunction that only packets of one family can fulfil, or of either; and of one protocol.
struct Choice {
  std::optional<Family> family{};
  nft::Expressions expressions{};
  std::optional<std::uint8_t> protocol{};
};

/// What a packet must have, all of it.
struct Conditions {
  std::optional<Family> family{};          // that its parts ask for
  std::vector<KeyPart> exact{};            // in the order of Field
  nft::Expressions rest{};                 // everything else
  std::vector<nft::Expressions> unless{};  // and none of these holds
};

/// A packet matches when one of them holds, and they exclude each other; none: no packet does.
using Alternatives = std::vector<Conditions>;

/// What the kernel cannot be asked.
struct Unsupported {
  Place place{};
  std::string message{};
  std::string hint{};
};

/// What `rule` asks of a packet of its direction, its interface included. What the kernel cannot
/// tell is appended to `problems`.
Alternatives conditions_of(const Rule& rule, View view, std::vector<Unsupported>& problems);

/// Packets of TCP whose flags contradict each other.
std::vector<Choice> bad_packets();

}  // namespace tunnel::filter::compiler
