#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::transport {

/// A server's public key.
struct HostKey {
  std::string type;                // "ssh-ed25519"
  std::vector<std::uint8_t> blob;  // as in RFC 4253 §6.6, the type included

  /// "ssh-ed25519 AAAA… comment"; nullopt unless the blob names the same type.
  static std::optional<HostKey> parse(std::string_view line);

  /// "ssh-ed25519 AAAA…".
  std::string line() const;

  bool operator==(const HostKey&) const = default;
};

/// The type that a public key blob begins with; nullopt for what is no such blob.
std::optional<std::string> key_type(Bytes blob);

/// "SHA256:…", as ssh-keygen -l prints it.
std::string fingerprint(Bytes blob);

/// "ssh-ed25519 SHA256:… or ssh-ed25519 SHA256:…".
std::string fingerprints(std::span<const HostKey> keys);

/// The host key algorithms (RFC 8332 included) by which a server may prove one of `keys`, in their
/// order and each once. SHA-1 signatures are not among them.
std::vector<std::string> host_key_algorithms(std::span<const HostKey> keys);

}  // namespace tunnel::transport
