#pragma once

#include "filter/language/names.hpp"
#include "filter/language/rule_reader.hpp"
#include "filter/model/rule.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tunnel::filter::language {

/// The heads that have been read, the latest of each group.
using Heads = std::map<std::string, Rule, std::less<>>;

/// Reads one rule of ipf.rules; mistakes go to the reader. A member takes family and protocol over
/// from the head of its group, if that stands before it, and is read as if it had named them.
class RuleParser {
 public:
  /// The reader stands at the beginning of the rule. All must outlive the parser.
  RuleParser(RuleReader& in, const Names& names, const Heads& heads, unsigned file);

  Rule parse();

 private:
  void parse_position();
  void parse_action();
  void parse_reply();
  void parse_log_options();
  LogLevel parse_level();
  void parse_direction();
  void parse_options();
  void parse_interface();

  void parse_header_tests();
  void parse_family();
  void parse_endpoints();
  Endpoint parse_endpoint();
  void parse_flags();
  std::uint8_t parse_flag_set();
  void parse_icmp();
  std::uint8_t parse_code(const Token& token);
  void parse_with();
  bool more_with() const;
  WithTest parse_with_test();
  std::vector<std::uint8_t> parse_ip_options();

  void parse_keep();
  void parse_keep_state();
  void parse_groups();
  std::string parse_group_name();
  void expect_end();
  void check_whole();

  /// With what the head says, as far as the rule itself does not.
  const ProtocolTest& protocol() const;
  Family family_of_icmp() const;
  bool is_of(std::uint8_t number) const;

  RuleReader& in_;
  const Names& names_;
  const Rule* head_ = nullptr;  // of the group that it is in
  Token start_;
  Rule rule_;
};

}  // namespace tunnel::filter::language
