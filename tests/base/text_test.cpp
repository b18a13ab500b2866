#include "tunneld/base/escape.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace tunnel {
namespace {

using testing::EndsWith;

TEST(SiteName, IsLowerCaseLettersDigitsDashAndUnderscore) {
  for (const std::string name : {"a", "0", "labs", "site-b", "a_b-c", "9-", "a_"}) {
    const auto parsed = SiteName::parse(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->str(), name);
  }
  EXPECT_TRUE(SiteName::parse(std::string(32, 'a')));
}

TEST(SiteName, RefusesWhatAPathOrAShellWouldReadOtherwise) {
  for (const std::string_view name : {"", "-a", "_a", ".", "..", "a.b", "../a", "a/b", "A", "aB",
                                      "a b", "a\n", "ä", "a;b", "$a"}) {
    EXPECT_EQ(SiteName::parse(name), std::nullopt) << '"' << name << '"';
  }
  EXPECT_EQ(SiteName::parse(std::string(33, 'a')), std::nullopt);
  EXPECT_EQ(SiteName::parse(std::string_view{"a\0", 2}), std::nullopt);
}

TEST(SiteName, TakesExactlyTheOctetsOfItsAlphabet) {
  const std::string first = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (int octet = 0; octet < 256; ++octet) {
    const auto c = static_cast<char>(octet);
    EXPECT_EQ(SiteName::parse(std::string{c}).has_value(),
              c != '\0' && first.find(c) != std::string::npos);
    EXPECT_EQ(SiteName::parse(std::string{'a', c}).has_value(),
              c != '\0' && (first + "-_").find(c) != std::string::npos);
  }
}

TEST(InterfaceName, IsWhatTheKernelAndNftablesTake) {
  for (const std::string name : {"tun0", "a", "eth0.100", "Tun_0-x", "...", "123456789012345"}) {
    const auto parsed = InterfaceName::parse(name);
    ASSERT_TRUE(parsed) << name;
    EXPECT_EQ(parsed->str(), name);
  }
  for (const std::string_view name :
       {"", ".", "..", "tun 0", "tun/0", "tun:0", "tun*", "tun+", "1234567890123456", "tün0"}) {
    EXPECT_EQ(InterfaceName::parse(name), std::nullopt) << '"' << name << '"';
  }
  EXPECT_EQ(InterfaceName::parse(std::string_view{"tun0\0", 5}), std::nullopt);
}

TEST(EscapeText, LeavesPrintableAsciiAsItIs) {
  std::string printable;
  for (char c = ' '; c <= '~'; ++c) {
    if (c != '\\') printable += c;
  }
  EXPECT_EQ(escape_text(printable), printable);
}

TEST(EscapeText, MakesEverythingElseVisible) {
  EXPECT_EQ(escape_text("a\\b"), "a\\\\b");
  EXPECT_EQ(escape_text("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(escape_text(std::string_view{"\0\x1b[31m\x7f", 7}), "\\x00\\x1b[31m\\x7f");
  EXPECT_EQ(escape_text("ä\xff"), "\\xc3\\xa4\\xff");
}

TEST(EscapeText, TreatsTextAndOctetsAlike) {
  const std::string text = "HOME Network\n\xfe";
  EXPECT_EQ(escape_text(Bytes{to_bytes(text)}), escape_text(text));
}

TEST(EscapeText, NeverYieldsAControlCharacterWhateverTheOctet) {
  for (int octet = 0; octet < 256; ++octet) {
    const auto escaped = escape_text(std::string{static_cast<char>(octet)});
    EXPECT_THAT(escaped, testing::Each(testing::AllOf(testing::Ge(' '), testing::Le('~'))));
  }
}

TEST(EscapeText, CutsWhatIsTooLongAndShowsIt) {
  EXPECT_EQ(escape_text("12345", 5), "12345");
  EXPECT_EQ(escape_text("123456", 5), "12345…");
  EXPECT_EQ(escape_text("1234\n", 5), "1234…");  // half an escape would be a lie
  EXPECT_EQ(escape_text("x", 0), "…");
  EXPECT_EQ(escape_text("", 0), "");
  const auto flood = escape_text(std::string(1'000'000, '\n'));
  EXPECT_EQ(flood.size(), kMaxEscapedText + std::string{"…"}.size());
  EXPECT_THAT(flood, EndsWith("\\n…"));
}

TEST(Error, SaysWhatFailedAndHow) {
  errno = ENOENT;
  const auto system = errno_error("open /etc/tunneld/tunneld.toml");
  EXPECT_EQ(system.message(), "open /etc/tunneld/tunneld.toml: No such file or directory");
  EXPECT_EQ(system.code, std::errc::no_such_file_or_directory);
}

TEST(Error, OfOurOwnMakingIsASentenceAlready) {
  const auto own = make_error(std::errc::address_in_use, "another tunneld is there");
  EXPECT_EQ(own.message(), "another tunneld is there");
  EXPECT_EQ(own.code, std::errc::address_in_use);
}

TEST(Error, SaysWhatItCanWhereAPartIsMissing) {
  EXPECT_EQ(Error{}.message(), "");
  EXPECT_EQ((Error{{}, "context"}).message(), "context");
  EXPECT_EQ((Error{std::make_error_code(std::errc::timed_out), ""}).message(),
            "Connection timed out");
}

}  // namespace
}  // namespace tunnel
