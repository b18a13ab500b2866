#include "tunneld/auth/utf16.hpp"

#include "tests/auth/octets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::auth {
namespace {

using testing::ElementsAreArray;

void expect_units(std::string_view text, std::string_view units) {
  const auto converted = utf16_little_endian(secret(text));
  ASSERT_TRUE(converted) << text;
  EXPECT_THAT(converted->reveal(), ElementsAreArray(octets(units)));
}

TEST(Utf16, HasTheLowOctetFirst) {
  expect_units("clientPass", "63 00 6C 00 69 00 65 00 6E 00 74 00 50 00 61 00 73 00 73 00");
  expect_units("", "");
}

TEST(Utf16, TakesCharactersOfEveryLength) {
  expect_units("\x7f", "7F 00");
  expect_units("\xc2\x80\xdf\xbf", "80 00 FF 07");
  expect_units("\xe0\xa0\x80\xef\xbf\xbf", "00 08 FF FF");
  expect_units("\xed\x9f\xbf\xee\x80\x80", "FF D7 00 E0");
  expect_units("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "00 D8 00 DC FF DB FF DF");
}

TEST(Utf16, RefusesWhatIsNotUtf8) {
  using namespace std::string_view_literals;
  for (const auto text : {"\x80"sv, "\xbf"sv, "\xff"sv, "\xfe"sv,        // no character begins so
                          "\xc2"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv,      // cut short
                          "\xc2x"sv, "\xe2\x82x"sv, "\xf0x\x98\x80"sv,   // another where it goes on
                          "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv,  // longer than need be
                          "\xf0\x8f\xbf\xbf"sv,                          // the same
                          "\xed\xa0\x80"sv, "\xed\xbf\xbf"sv,            // surrogates
                          "\xf4\x90\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv}) {  // beyond U+10FFFF
    EXPECT_FALSE(utf16_little_endian(secret(text))) << testing::PrintToString(text);
    EXPECT_FALSE(utf16_little_endian(secret("good" + std::string{text})));
  }
}

}  // namespace
}  // namespace tunnel::auth
