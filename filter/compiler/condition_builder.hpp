#pragma once

#include "filter/compiler/conditions.hpp"

#include <vector>

namespace tunnel::filter::compiler {

enum class End : std::uint8_t { Source, Destination };

/// Whose addresses and ports are looked at: the packet's, or those of the first packet of its flow.
enum class EndsOf : std::uint8_t { Packet, Flow };

/// Puts a rule's tests together: each call asks for one thing more.
class ConditionBuilder {
 public:
  explicit ConditionBuilder(EndsOf ends = EndsOf::Packet) : ends_{ends} {}

  void interface(const InterfaceName* name, Direction direction);
  void family(Family family);
  void protocol(const ProtocolTest& test);
  void address(const AddressTest& test, End end);
  void ports(const Endpoint& source, const Endpoint& destination, const ProtocolTest& protocol);

  void also(nft::Expression expression);
  /// One of the conjunctions; they exclude each other. None: never.
  void one_of(const std::vector<Choice>& choices);
  void none_of(const std::vector<Choice>& choices);

  void never() { alternatives_.clear(); }

  Alternatives finish() &&;

 private:
  /// Those that ask for the other family fall away.
  void only(Family family);
  void exactly(Field field, nft::Value left, nft::Value right);
  void port(const PortTest& test, End end);

  nft::Value address_of(const char* family, End end) const;
  nft::Value port_of(End end) const;

  EndsOf ends_;
  Alternatives alternatives_{Conditions{}};
};

}  // namespace tunnel::filter::compiler
