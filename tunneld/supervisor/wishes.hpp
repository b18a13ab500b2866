#pragma once

#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::supervisor {

/// What somebody has said of a site by tunnelctl, where its profile's autostart says something
/// else.
enum class Wish : std::uint8_t {
  Up,
  Down,
  Withdrawn,  // down, and its networks may leave by other routes
};

/// Kept over a restart of tunneld; a stop, or a boot, begins with what the profiles say.
using Wishes = std::map<SiteName, Wish>;

/// "labs down", a line each.
std::string write_wishes(const Wishes& wishes);
/// nullopt: it is not what write_wishes() writes.
std::optional<Wishes> read_wishes(std::string_view text);

}  // namespace tunnel::supervisor
