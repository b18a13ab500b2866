#include "tunneld/base/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tunnel {
namespace {

using namespace std::string_view_literals;

constexpr std::array kKeys{"interface"sv, "local"sv, "remote"sv, "mru"sv, "echo_interval"sv};

TEST(Nearest, FindsOneWrongMissingOrSwappedLetter) {
  EXPECT_EQ(nearest("remot", kKeys), "remote");
  EXPECT_EQ(nearest("remtoe", kKeys), "remote");
  EXPECT_EQ(nearest("lokal", kKeys), "local");
  EXPECT_EQ(nearest("mur", kKeys), "mru");
  EXPECT_EQ(nearest("echo-intervall", kKeys), "echo_interval");
}

TEST(Nearest, TakesABeginningForTheOneThatItIsTheBeginningOf) {
  constexpr std::array kMethods{"mschap-v2"sv, "chap-md5"sv, "pap"sv};
  EXPECT_EQ(nearest("chap", kMethods), "chap-md5");
  EXPECT_EQ(nearest("mschap", kMethods), "mschap-v2");
  EXPECT_EQ(nearest("ech", std::array{"echo_interval"sv, "echo_failures"sv}), std::nullopt);
  EXPECT_EQ(nearest("ec", kKeys), std::nullopt);
}

TEST(Nearest, DoesNotGuessWildly) {
  EXPECT_EQ(nearest("compression", kKeys), std::nullopt);
  EXPECT_EQ(nearest("x", kKeys), std::nullopt);
  EXPECT_EQ(nearest("", kKeys), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kKeys), std::nullopt);
}

TEST(ControlCharacters, AreFoundInAsciiAndInUtf8) {
  EXPECT_TRUE(has_control_character("a\nb"));
  EXPECT_TRUE(has_control_character("a\0b"sv));
  EXPECT_TRUE(has_control_character("a\x7f"));
  EXPECT_TRUE(
      has_control_character("a\xc2\x9b"
                            "31m"));  // CSI, as one C1 character
  EXPECT_FALSE(has_control_character("plain"));
  EXPECT_FALSE(has_control_character("Zürich – Genève"));
  EXPECT_FALSE(has_control_character("\xc2\xa0"));  // the first character after C1
}

TEST(Printable, KeepsTabsAndLettersOfAnyAlphabet) {
  EXPECT_EQ(printable("\tLäbs – 東京"), "\tLäbs – 東京");
}

TEST(Printable, ReplacesWhatATerminalWouldObey) {
  EXPECT_EQ(printable("\x1b[2J"), "?[2J");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "?2J");
}

TEST(Printable, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(printable("a\xff\xfe"
                      "b"),
            "a??b");
  EXPECT_EQ(printable("a\xe2\x82"), "a??");  // cut short
}

TEST(InQuotes, EscapesAndCuts) {
  EXPECT_EQ(in_quotes("a\nb"), "\"a\\nb\"");
  EXPECT_LT(in_quotes(std::string(1000, 'a')).size(), 100U);
}

}  // namespace
}  // namespace tunnel
