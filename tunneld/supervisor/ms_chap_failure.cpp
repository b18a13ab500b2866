#include "tunneld/supervisor/ms_chap_failure.hpp"

#include <algorithm>
#include <array>

namespace tunnel::supervisor {

namespace {

struct Code {
  std::string_view number;
  std::string_view words;
};

/// RFC 2759 §6, in its order.
constexpr std::array kCodes{
    Code{"646", "not at this hour, says the far end's account"},
    Code{"647", "the account is disabled at the far end"},
    Code{"648", "the password has expired at the far end"},
    Code{"649", "the account may not dial in at the far end"},
    Code{"691", "wrong name or secret"},
    Code{"709", "the password could not be changed"},
};

/// "E=" comes first, "R=" next; what is between "R=" and "M=" says nothing to an administrator.
constexpr std::string_view kCode = ": E=";
constexpr std::string_view kRetry = " R=";
constexpr std::string_view kMessage = " M=";

std::string_view words_for(std::string_view number) {
  const auto found = std::find_if(kCodes.begin(), kCodes.end(),
                                  [&](const Code& code) { return code.number == number; });
  return found == kCodes.end() ? "for a reason that RFC 2759 does not have" : found->words;
}

}  // namespace

std::string with_ms_chap_failure_in_words(std::string_view reason) {
  const auto code = reason.find(kCode);
  if (code == std::string_view::npos) return std::string{reason};
  const auto failure = reason.substr(code + kCode.size());
  const auto digits = std::min(failure.find_first_not_of("0123456789"), failure.size());
  if (digits == 0 || !failure.substr(digits).starts_with(kRetry)) return std::string{reason};
  const auto number = failure.substr(0, digits);
  auto text = std::string{reason.substr(0, code)} + ": " + std::string{words_for(number)} +
              " (E=" + std::string{number} + ')';
  const auto message = failure.find(kMessage);
  if (message == std::string_view::npos) return text;
  return text + ", it says: " + std::string{failure.substr(message + kMessage.size())};
}

}  // namespace tunnel::supervisor
