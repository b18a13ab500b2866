// Both languages: what is printed is parsed to the same rules.

#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "filter/language/printer.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/filter/random_rules.hpp"

#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using language::parse_ipf_rules;
using language::parse_ipnat_rules;
using language::SourceFile;

TEST(RoundTrip, OfRandomRulesLosesNothing) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Chance chance{seed};
    const auto rules = random_rules(chance, everything(), 12);
    const auto text = text_of(rules);
    const auto parsed = parse_ipf_rules(SourceFile{"ipf.rules", text, 0}, FakeNames{});
    for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << explain(mistake);
    ASSERT_EQ(without_places(parsed.rules), without_places(rules)) << "seed " << seed << '\n'
                                                                   << text;
    ASSERT_EQ(text_of(parsed.rules), text);
  }
}

TEST(RoundTrip, OfRandomNatRulesLosesNothing) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Chance chance{seed};
    const auto rules = random_nat_rules(chance, everything(), 12);
    const auto text = text_of(rules);
    const auto parsed = parse_ipnat_rules(SourceFile{"ipnat.rules", text, 0}, FakeNames{});
    for (const auto& mistake : parsed.mistakes) ADD_FAILURE() << explain(mistake);
    ASSERT_EQ(without_places(parsed.rules), without_places(rules)) << "seed " << seed << '\n'
                                                                   << text;
    ASSERT_EQ(text_of(parsed.rules), text);
  }
}

}  // namespace
}  // namespace tunnel::filter::test
