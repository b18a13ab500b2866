#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/nat_rule.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::filter::language {

/// Reads one rule of ipnat.rules; mistakes go to the reader.
class NatRuleParser {
 public:
  /// The reader stands at the beginning of the rule. All must outlive the parser.
  NatRuleParser(RuleReader& in, const Names& names, unsigned file);

  NatRule parse();

 private:
  void parse_kind();
  void parse_interface();
  void parse_match();
  void parse_from_to();
  AddressTest parse_nat_address();
  PortTest parse_first_ports();

  void parse_target();
  NatTarget parse_network_target();
  NatTarget parse_host_targets();
  std::optional<AddressRange> range_in(std::string_view text) const;
  void parse_port_target();

  void parse_options();
  bool parse_option();
  bool parse_map_option();
  void parse_portmap();
  void parse_proxy();
  void parse_protocol_option();
  void set_protocol(const Token& token, const ProtocolTest& protocol);

  void check_whole();
  void check_target();

  bool is(NatRule::Kind kind) const { return rule_.kind == kind; }

  RuleReader& in_;
  const Names& names_;
  Token start_;
  NatRule rule_;
};

}  // namespace tunnel::filter::language
