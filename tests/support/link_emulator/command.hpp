#pragma once

#include "tests/support/link_emulator/link.hpp"
#include "tunneld/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace tunnel::test {

/// Which directions a command changes. A line has a left and a right end.
enum class Direction : std::uint8_t { LeftToRight, RightToLeft, Both };

struct LinkCommand {
  Direction direction = Direction::Both;
  LinkSettings settings{};

  bool operator==(const LinkCommand&) const = default;
};

/// What each end's packets meet. They are not lost and delayed alike: the right's seed is another.
LinkSettings settings_of_left(const LinkCommand& command);
LinkSettings settings_of_right(const LinkCommand& command);

/// One line of words: "both", "left" (what comes from there) or "right", then settings, each with
/// its unit: "both delay=25ms jitter=2ms rate=100Mb/s queue=625000B loss=0.5% seed=7". Settings
/// that are left out are LinkSettings' own. An error is a sentence.
Result<LinkCommand> parse_link_command(std::string_view line);

}  // namespace tunnel::test
