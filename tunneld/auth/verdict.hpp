#pragma once

#include <cstdint>
#include <string_view>

namespace tunnel::auth {

/// What became of a peer's proof of its name. Only `Accepted` opens a link; the others say for the
/// log why not, and the peer is told no more than that it failed.
enum class Verdict : std::uint8_t {
  Accepted,
  EmptyName,
  UnknownName,      // not the name that this peer must prove
  NoSecret,         // nothing, or nothing but an empty text, is known to hold the proof against
  UnusableSecret,   // MS-CHAPv2 hashes Unicode, and our secret is not UTF-8
  EmptyResponse,    // or an empty password
  MalformedLength,  // of a challenge, or of a response
  WrongResponse,
};

/// The reason in words, without a secret in it: "a wrong response".
std::string_view words(Verdict verdict) noexcept;

}  // namespace tunnel::auth
