#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>

namespace tunnel::config {

/// What a file that should be a private key turns out to be.
enum class KeyKind : std::uint8_t {
  Ed25519,
  Ecdsa,
  SecurityKey,  // FIDO: the private half is in a token
  Rsa,
  OtherType,    // a private key in OpenSSH's format of a type we do not use, such as DSA
  OtherFormat,  // a private key, but in PKCS#8's or PuTTY's format
  PublicKey,
  NotAKey,
};

enum class Passphrase : std::uint8_t { None, Needed };

struct KeyProperties {
  KeyKind kind = KeyKind::NotAKey;
  Passphrase passphrase = Passphrase::None;
  /// Of a PublicKey on one line, as ssh-keygen writes it: the kind of the private one.
  KeyKind private_kind = KeyKind::NotAKey;

  bool operator==(const KeyProperties&) const = default;
};

/// Looks only as far as needed to tell the kind and whether a passphrase protects the key: the
/// public part of the "openssh-key-v1" container (OpenSSH's PROTOCOL.key), the armour of others.
KeyProperties inspect_private_key(Bytes file);

}  // namespace tunnel::config
