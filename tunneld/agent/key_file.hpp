#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/secret.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::agent {

/// RFC 8032 §5.1.5.
struct Ed25519Parts {
  Bytes seed;
};

/// RFC 5656 §3.1.
struct EcdsaParts {
  std::string_view curve;  // "nistp256"
  Bytes point;             // uncompressed
  Bytes scalar;
};

struct RsaParts {
  Bytes n;
  Bytes e;
  Bytes d;
};

using KeyParts = std::variant<Ed25519Parts, EcdsaParts, RsaParts>;

/// One private key without a passphrase, as OpenSSH writes it. Whether its parts belong together is
/// not looked at.
struct OpensshKey {
  Secret container;  // that the spans lie in
  Bytes public_blob;
  KeyParts parts;
};

/// Whether the file is in OpenSSH's own format ("-----BEGIN OPENSSH PRIVATE KEY-----").
bool is_openssh_key(Bytes file) noexcept;

/// Reads such a file (OpenSSH's PROTOCOL.key). Errors are words that follow its name: "is protected
/// by a passphrase".
Result<OpensshKey> parse_openssh_key(Bytes file);

/// The key blob in a .pub file, or in a private key of OpenSSH's format, whose public half is
/// readable even if a passphrase protects the other one.
std::optional<std::vector<std::uint8_t>> public_half(Bytes file);

}  // namespace tunnel::agent
