#pragma once

#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <string>

namespace tunnel::transport {

enum class PrivateKeyForm : std::uint8_t {
  Plain,      // an OpenSSH container that can be used as it is
  Encrypted,  // one that asks for a passphrase
  Other,      // some other PEM file, such as PKCS #8: for the library to try
  Garbage,    // nothing of the kind
};

/// What can be told about a private key without touching its secret part.
struct PrivateKeyInfo {
  PrivateKeyForm form = PrivateKeyForm::Garbage;
  std::string type;  // "ssh-ed25519"; Plain only
};

/// Looks at the beginning of the container that OpenSSH's PROTOCOL.key describes, which is public.
PrivateKeyInfo inspect_private_key(Bytes pem);

}  // namespace tunnel::transport
