#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace tunnel {

inline constexpr std::size_t kMaxEscapedText = 512;

/// Text from a peer, made fit for a log line: printable ASCII stays, `\` is doubled, everything
/// else becomes \n, \r, \t or \xHH. Longer results are cut at `limit` characters and end in "…".
std::string escape_text(Bytes text, std::size_t limit = kMaxEscapedText);
std::string escape_text(std::string_view text, std::size_t limit = kMaxEscapedText);

}  // namespace tunnel
