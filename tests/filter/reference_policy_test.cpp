// The rule files of the reference sites are read, and printed so that they are the same.

#include "filter/language/ipf_parser.hpp"
#include "filter/language/ipnat_parser.hpp"
#include "tests/filter/fake_names.hpp"
#include "tests/filter/random_rules.hpp"
#include "tests/filter/rule_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::filter::test {
namespace {

using language::parse_ipf_rules;
using language::parse_ipnat_rules;
using language::SourceFile;
using testing::IsEmpty;
using testing::SizeIs;

TEST(ReferencePolicy, IsReadAndPrintedWithoutLoss) {
  const auto first =
      parse_ipf_rules(SourceFile{"ipf.rules", rule_file("ipf.rules"), 0}, FakeNames{});
  EXPECT_THAT(first.mistakes, IsEmpty());
  EXPECT_THAT(first.rules, SizeIs(24));
  const auto second =
      parse_ipf_rules(SourceFile{"ipf.rules", text_of(first.rules), 0}, FakeNames{});
  EXPECT_EQ(without_places(first.rules), without_places(second.rules));
}

TEST(ReferencePolicy, OfTranslationIsReadAndPrintedWithoutLoss) {
  const auto first =
      parse_ipnat_rules(SourceFile{"ipnat.rules", rule_file("ipnat.rules"), 0}, FakeNames{});
  EXPECT_THAT(first.mistakes, IsEmpty());
  EXPECT_THAT(first.rules, SizeIs(5));
  const auto second =
      parse_ipnat_rules(SourceFile{"ipnat.rules", text_of(first.rules), 0}, FakeNames{});
  EXPECT_EQ(without_places(first.rules), without_places(second.rules));
}

}  // namespace
}  // namespace tunnel::filter::test
