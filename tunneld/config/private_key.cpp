#include "tunneld/config/private_key.hpp"

#include "tunneld/base/base64.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/ssh_wire.hpp"
#include "tunneld/config/public_key.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tunnel::config {

namespace {

using namespace std::string_view_literals;

constexpr auto kOpensshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----"sv;
constexpr auto kOpensshEnd = "-----END OPENSSH PRIVATE KEY-----"sv;

constexpr std::array<std::pair<std::string_view, KeyKind>, 6> kArmours{{
    {"-----BEGIN RSA PRIVATE KEY-----", KeyKind::Rsa},
    {"-----BEGIN EC PRIVATE KEY-----", KeyKind::Ecdsa},
    {"-----BEGIN DSA PRIVATE KEY-----", KeyKind::OtherType},
    {"-----BEGIN PRIVATE KEY-----", KeyKind::OtherFormat},
    {"-----BEGIN ENCRYPTED PRIVATE KEY-----", KeyKind::OtherFormat},
    {"PuTTY-User-Key-File-", KeyKind::OtherFormat},
}};

// What begins a public key: OpenSSH's own line, RFC 4716's armour, and X.509's.
constexpr std::array<std::string_view, 5> kPublicBeginnings{
    "ssh-", "ecdsa-sha2-", "sk-", "---- BEGIN SSH2 PUBLIC KEY", "-----BEGIN PUBLIC KEY-----"};

bool begins_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && same_text(bytes.first(text.size()), text);
}

/// The bytes before the first place where `text` stands; nullopt when it stands nowhere.
std::optional<Bytes> before(Bytes bytes, std::string_view text) {
  const auto same = [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); };
  const auto found = std::search(bytes.begin(), bytes.end(), text.begin(), text.end(), same);
  if (found == bytes.end()) return std::nullopt;
  return Bytes{bytes.begin(), found};
}

KeyKind kind_of_type(Bytes type) {
  if (same_text(type, "ssh-ed25519")) return KeyKind::Ed25519;
  if (begins_with(type, "ecdsa-sha2-")) return KeyKind::Ecdsa;
  if (begins_with(type, "sk-")) return KeyKind::SecurityKey;
  if (same_text(type, "ssh-rsa")) return KeyKind::Rsa;
  return KeyKind::OtherType;
}

/// OpenSSH's PROTOCOL.key: magic, cipher name, KDF name, KDF options, number of keys, public key.
std::optional<KeyProperties> inspect_container(Bytes container) {
  constexpr auto kMagic = "openssh-key-v1\0"sv;
  ByteReader in{container};
  const auto magic = in.take(kMagic.size());
  if (!magic || !same_text(*magic, kMagic)) return std::nullopt;
  const auto cipher = ssh_string(in);
  const auto kdf = ssh_string(in);
  const auto kdf_options = ssh_string(in);
  const auto count = in.u32();
  const auto public_key = ssh_string(in);
  if (!cipher || !kdf || !kdf_options || !count || !public_key) return std::nullopt;
  const auto secret_part = ssh_string(in);
  if (!secret_part || secret_part->empty() || *count != 1) return std::nullopt;

  ByteReader key{*public_key};
  const auto type = ssh_string(key);
  if (!type) return std::nullopt;
  return KeyProperties{kind_of_type(*type),
                       same_text(*cipher, "none") ? Passphrase::None : Passphrase::Needed,
                       KeyKind::NotAKey};
}

/// The kind of key that a .pub file is the public half of.
KeyKind kind_of_public(Bytes file) {
  const std::string line(file.begin(), std::find(file.begin(), file.end(), std::uint8_t{'\n'}));
  const auto key = authorized_key(line);
  return key.has_value() ? kind_of_type(to_bytes(key->type)) : KeyKind::NotAKey;
}

/// The armour's base64 text on one line.
Secret without_line_breaks(Bytes body) {
  std::vector<std::uint8_t> packed;
  packed.reserve(body.size());  // no copy of a private key is left behind by growing
  std::copy_if(body.begin(), body.end(), std::back_inserter(packed),
               [](std::uint8_t c) { return c != '\n' && c != '\r'; });
  return Secret{std::move(packed)};
}

KeyProperties inspect_openssh(Bytes body) {
  const auto base64 = before(body, kOpensshEnd);
  if (!base64) return {};
  const auto packed = without_line_breaks(*base64);
  auto decoded = decode_base64(packed.reveal());
  if (!decoded) return {};
  const Secret container{std::move(*decoded)};
  return inspect_container(container.reveal()).value_or(KeyProperties{});
}

}  // namespace

KeyProperties inspect_private_key(Bytes file) {
  if (begins_with(file, kOpensshBegin)) return inspect_openssh(file.subspan(kOpensshBegin.size()));
  for (const auto& [begin, kind] : kArmours) {
    if (!begins_with(file, begin)) continue;
    const bool encrypted = before(file, "ENCRYPTED").has_value();
    return {kind, encrypted ? Passphrase::Needed : Passphrase::None, KeyKind::NotAKey};
  }
  for (const auto begin : kPublicBeginnings) {
    if (!begins_with(file, begin)) continue;
    return {KeyKind::PublicKey, Passphrase::None, kind_of_public(file)};
  }
  return {};
}

}  // namespace tunnel::config
