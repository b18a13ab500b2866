#pragma once

#include <string>
#include <string_view>

namespace tunnel::test {

/// Shell: an empty LCP Configure-Request in a frame, over and over, as fast as somebody takes it.
inline constexpr std::string_view kFlood =
    R"(perl -e 'print "~\xff}#\xc0!}!}!} }\$\xd1\xb5~" x 1000 while 1')";

/// Why a link ended that was flooded.
inline constexpr auto kFloodReason = "the peer floods us with LCP requests";

/// Shell: a call of HOME with one of its keys, by ssh alone.
std::string call_with(std::string_view key);

/// Of "0m0.004s 0m0.002s", as the shell's `times` has it, both together; negative: of anything
/// else.
double seconds_in(const std::string& times);

}  // namespace tunnel::test
