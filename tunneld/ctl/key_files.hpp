#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel::ctl {

/// A public key in the two forms that people compare.
struct PublicKey {
  std::string line;         // "ssh-ed25519 AAAA... comment"
  std::string fingerprint;  // "SHA256:..."
};

enum class Overwrite : std::uint8_t { No, Yes };

/// An account that is to own a key.
struct KeyOwner {
  unsigned uid = 0;
  unsigned gid = 0;
};

/// What a new key is to be.
struct NewKey {
  std::filesystem::path folder;  // made if need be
  SiteName name;                 // FOLDER/NAME and FOLDER/NAME.pub
  std::string comment;
  std::optional<KeyOwner> owner{};  // none: whoever runs this
  Overwrite overwrite = Overwrite::No;
};

/// Makes an ed25519 key with ssh-keygen, without a passphrase: nobody is there to type one at boot.
/// It appears whole, under its name, or not at all.
Result<PublicKey> generate_key(const NewKey& wanted);

/// The public half of a private key; from the .pub file beside it where the private one cannot be
/// read by us.
Result<PublicKey> public_key_of(const std::filesystem::path& private_key);

/// "SHA256:..." of a line "TYPE BASE64 ...".
Result<std::string> fingerprint_of(std::string_view line);

}  // namespace tunnel::ctl
