// RFC 2759 §6, as a reason in `tunnelctl status`.

#include "tunneld/supervisor/ms_chap_failure.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace tunnel::supervisor {
namespace {

const std::string kRefused = "peer does not accept our MS-CHAPv2 proof as \"talisker\"";

TEST(MsChapFailure, IsSaidInWordsAndKeepsItsCode) {
  EXPECT_EQ(with_ms_chap_failure_in_words(
                kRefused + ": E=691 R=0 C=00112233445566778899AABBCCDDEEFF V=3 M=access denied"),
            kRefused + ": wrong name or secret (E=691), it says: access denied");
}

TEST(MsChapFailure, HasWordsForEveryCodeOfTheRfc) {
  using Words = std::pair<std::string, std::string>;
  for (const auto& [code, words] :
       {Words{"646", "not at this hour, says the far end's account"},
        Words{"647", "the account is disabled at the far end"},
        Words{"648", "the password has expired at the far end"},
        Words{"649", "the account may not dial in at the far end"},
        Words{"691", "wrong name or secret"}, Words{"709", "the password could not be changed"},
        Words{"123", "for a reason that RFC 2759 does not have"}}) {
    EXPECT_EQ(with_ms_chap_failure_in_words(kRefused + ": E=" + code + " R=1 C=00 V=3"),
              kRefused + ": " + words + " (E=" + code + ")");
  }
}

TEST(MsChapFailure, LeavesEverythingElseAlone) {
  for (const auto& text :
       {std::string{}, kRefused, kRefused + ": E=", kRefused + ": E=691", kRefused + ": E= R=0",
        kRefused + ": E=x R=0 M=y", std::string{"connect: E is not an address"}}) {
    EXPECT_EQ(with_ms_chap_failure_in_words(text), text);
  }
}

}  // namespace
}  // namespace tunnel::supervisor
