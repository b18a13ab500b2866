// ipf.rules: any text, which is read whole; what is good in it prints to the same rules.

#include "filter/language/ipf_parser.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/fuzz/rule_text.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

namespace tunnel::filter {
namespace {

using language::parse_ipf_rules;
using language::SourceFile;

void check(const std::string& text) {
  const test::FakeNames names;
  const auto parsed = parse_ipf_rules(SourceFile{"ipf.rules", text, 0}, names, {{"local", "::1"}});
  check_mistakes(parsed.mistakes, text);
  std::vector<Misplaced> misplaced;
  RuleLists::of(parsed.rules, misplaced);
  TUNNEL_CHECK(misplaced.empty() || !parsed.mistakes.empty());
  if (!parsed.mistakes.empty()) return;
  const auto printed = text_of(parsed.rules);
  const auto again = parse_ipf_rules(SourceFile{"ipf.rules", printed, 0}, names);
  TUNNEL_CHECK(again.mistakes.empty());
  TUNNEL_CHECK(text_of(again.rules) == printed);
}

}  // namespace
}  // namespace tunnel::filter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tunnel::filter::check(std::string(data, data + size));
  return 0;
}
