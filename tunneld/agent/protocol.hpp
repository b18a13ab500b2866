#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

/// The SSH agent protocol (draft-miller-ssh-agent), as far as a login by one key needs it.
///
/// A message is a 32-bit length, a type and the fields of that type. The readers here take a
/// message without its length, whole and with nothing behind its last field; the writers put the
/// length in front.
namespace tunnel::agent {

/// Longest message that asks for something. A login by an RSA key of 16384 bits takes 5 KiB.
inline constexpr std::size_t kLongestRequest = 16 * 1024;
/// Longest answer: OpenSSH's bound. An agent may have many keys.
inline constexpr std::size_t kLongestAnswer = 256 * 1024;

/// Section 5.3: by which hash an RSA key signs.
inline constexpr std::uint32_t kRsaSha256 = 2;
inline constexpr std::uint32_t kRsaSha512 = 4;

struct IdentitiesRequest {};

/// The spans lie in the message that it was read from.
struct SignRequest {
  Bytes key_blob;
  Bytes data;
  std::uint32_t flags = 0;
};

/// An extension (section 3.8), such as OpenSSH's session-bind@openssh.com, which ssh sends to every
/// agent and does without if it fails.
struct ExtensionRequest {};

/// Anything else: to add, remove or lock keys.
struct OtherRequest {
  std::uint8_t type = 0;
};

using Request = std::variant<IdentitiesRequest, SignRequest, ExtensionRequest, OtherRequest>;

/// nullopt: malformed.
std::optional<Request> parse_request(Bytes message) noexcept;

/// Section 3.5: the key blobs that an agent has, in its order. nullopt: malformed, or a failure.
std::optional<std::vector<Bytes>> parse_identities_answer(Bytes message);

/// Section 3.6: the signature, as in RFC 4253 §6.6. nullopt: malformed, or a failure.
std::optional<Bytes> parse_sign_answer(Bytes message) noexcept;

std::vector<std::uint8_t> write_identities_request();
std::vector<std::uint8_t> write_sign_request(const SignRequest& request);
/// The answer of an agent with one key.
std::vector<std::uint8_t> write_identities_answer(Bytes key_blob, std::string_view comment);
std::vector<std::uint8_t> write_sign_answer(Bytes signature);
std::vector<std::uint8_t> write_failure();

}  // namespace tunnel::agent
