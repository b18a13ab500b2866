#include "tunneld/base/diagnostic.hpp"

#include "tunneld/config/parse.hpp"
#include "tunneld/config/report.hpp"

#include <gtest/gtest.h>

namespace tunnel::config {
namespace {

TEST(Explain, HasTheFormOfTheStyleGuide) {
  const Diagnostic diagnostic{.file = "sites/labs.toml",
                              .line = 12,
                              .first_column = 1,
                              .last_column = 6,
                              .message = "unknown key \"remot\" in [ppp]",
                              .source_line = "remot = \"10.224.1.2\"",
                              .hint = "did you mean \"remote\"?"};
  EXPECT_EQ(explain(diagnostic),
            "sites/labs.toml:12:1-6: error: unknown key \"remot\" in [ppp]\n"
            "    remot = \"10.224.1.2\"\n"
            "    ^~~~~\n"
            "hint: did you mean \"remote\"?");
}

TEST(Explain, SaysNothingOfLinesWhereTheWholeFileIsMeant) {
  EXPECT_EQ(explain({.file = "sites", .message = "anybody may write", .hint = "chmod o-w sites"}),
            "sites: error: anybody may write\nhint: chmod o-w sites");
}

TEST(Explain, LeavesOutAnEmptyHint) {
  EXPECT_EQ(explain({.file = "f", .message = "m"}), "f: error: m");
}

std::string caret_line(const std::string& source_line, unsigned first, unsigned last) {
  const auto text = explain({.file = "f",
                             .line = 1,
                             .first_column = first,
                             .last_column = last,
                             .message = "m",
                             .source_line = source_line});
  return text.substr(text.rfind('\n') + 1);
}

TEST(Explain, PutsTheCaretUnderCharactersNotBytes) {
  EXPECT_EQ(caret_line("a = \"ÄÖÜ\" x", 11, 12), "              ^");
  EXPECT_EQ(caret_line("ÄÖ\tx", 4, 5), "      \t^");
}

TEST(Explain, KeepsTabsSoThatTheCaretStandsWhereTheTextDoes) {
  EXPECT_EQ(caret_line("\tmru\t= 1", 7, 8), "    \t   \t ^");
}

TEST(Explain, ShowsOneCaretAtTheEndOfALine) {
  EXPECT_EQ(caret_line("a =", 4, 4), "       ^");
}

TEST(Explain, CutsALongLineBehindTheCaret) {
  const auto text = explain({.file = "f",
                             .line = 1,
                             .first_column = 3,
                             .last_column = 900,
                             .message = "m",
                             .source_line = "k=" + std::string(1000, 'A')});
  EXPECT_EQ(text, "f:1:3-900: error: m\n    k=" + std::string(98, 'A') + "...\n      ^" +
                      std::string(97, '~'));
}

TEST(Explain, CutsALongLineBeforeTheCaret) {
  const auto text = explain({.file = "f",
                             .line = 1,
                             .first_column = 501,
                             .last_column = 503,
                             .message = "m",
                             .source_line = std::string(500, 'A') + "!?" + std::string(9, 'B')});
  EXPECT_EQ(text, "f:1:501-503: error: m\n    ..." + std::string(60, 'A') + "!?" +
                      std::string(9, 'B') + "\n       " + std::string(60, ' ') + "^~");
}

TEST(Explain, ShowsNoControlCharacterOfAFileName) {
  EXPECT_EQ(explain({.file = "a\x1b[2J.toml", .message = "m"}), "a?[2J.toml: error: m");
}

class Reporting : public ::testing::Test {
 protected:
  Report report_{{.name = "f", .text = "\xef\xbb\xbfone\r\n\x1b[31mtwo\nthree"}};

  std::string line(unsigned number) {
    report_.error({number, 1, 2}, "m", "");
    return report_.sorted().back().source_line;
  }
};

TEST_F(Reporting, ShowsLinesWithoutTheirEndsAndWithoutAByteOrderMark) {
  EXPECT_EQ(line(1), "one");
  EXPECT_EQ(line(3), "three");
}

TEST_F(Reporting, ShowsNoControlCharacterOfALine) {
  EXPECT_EQ(line(2), "?[31mtwo");
}

TEST_F(Reporting, ShowsNothingForALineBeyondTheEnd) {
  EXPECT_EQ(line(9), "");
}

TEST_F(Reporting, GoesFromTheTopOfTheFileToItsEnd) {
  report_.error({3, 1, 2}, "last", "");
  report_.error({1, 3, 4}, "second", "");
  report_.error({1, 1, 2}, "first", "");
  report_.error("whole", "");
  std::vector<std::string> order;
  for (const auto& diagnostic : report_.sorted()) order.push_back(diagnostic.message);
  EXPECT_EQ(order, (std::vector<std::string>{"whole", "first", "second", "last"}));
}

TEST_F(Reporting, EndsARegionOfSeveralLinesWithItsFirst) {
  report_.error({3, 2, kEndOfLine}, "m", "");
  EXPECT_EQ(report_.sorted().front().last_column, 6U);
}

}  // namespace
}  // namespace tunnel::config
