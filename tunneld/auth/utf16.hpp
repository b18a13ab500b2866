#pragma once

#include "tunneld/base/secret.hpp"

#include <optional>

namespace tunnel::auth {

/// UTF-8 as UTF-16 with the low octet first, which is how MS-CHAPv2 hashes a password. nullopt for
/// what is not UTF-8: overlong forms, surrogates and values beyond U+10FFFF are not (RFC 3629 §3).
std::optional<Secret> utf16_little_endian(const Secret& utf8);

}  // namespace tunnel::auth
