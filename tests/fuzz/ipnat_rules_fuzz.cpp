// ipnat.rules: any text, which is read whole; what is good in it prints to the same rules.

#include "filter/language/ipnat_parser.hpp"
#include "filter/model/nat_lists.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

namespace tunnel::filter {
namespace {

using language::parse_ipnat_rules;
using language::SourceFile;

void check(const std::string& text) {
  const test::FakeNames names;
  const auto parsed = parse_ipnat_rules(SourceFile{"ipnat.rules", text, 0}, names);
  check_mistakes(parsed.mistakes, text);
  const auto lists = NatLists::of(parsed.rules);
  TUNNEL_CHECK(lists.inbound.size() + lists.outbound.size() >= parsed.rules.size());
  const auto printed = text_of(parsed.rules);
  const auto again = parse_ipnat_rules(SourceFile{"ipnat.rules", printed, 0}, names);
  TUNNEL_CHECK(again.mistakes.empty());
  TUNNEL_CHECK(text_of(again.rules) == printed);
}

}  // namespace
}  // namespace tunnel::filter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::filter::check(std::string(data, data + size));
  return 0;
}
