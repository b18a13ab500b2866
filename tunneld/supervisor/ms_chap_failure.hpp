#pragma once

#include <string>
#include <string_view>

namespace tunnel::supervisor {

/// A reason with the Failure packet of MS-CHAPv2 at its end (RFC 2759 §6: "E=691 R=0 C=... V=3
/// M=..."), with that in words: "authentication failure (E=691), it says: access denied". Any other
/// text stays as it is.
std::string with_ms_chap_failure_in_words(std::string_view reason);

}  // namespace tunnel::supervisor
