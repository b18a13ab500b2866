#include "pppd-bridge/transport/private_key.hpp"

#include "pppd-bridge/transport/base64.hpp"
#include "pppd-bridge/transport/host_key.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace tunnel::transport {

namespace {

constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kOtherBegin = "-----BEGIN ";
constexpr std::string_view kMagic{"openssh-key-v1\0", 15};

/// How much of the base64 text is decoded: 96 bytes reach past the public key's type, and end
/// before the secret part of the shortest key (ed25519).
constexpr std::size_t kPublicPrefix = 128;

bool equal(Bytes bytes, std::string_view text) {
  return std::equal(bytes.begin(), bytes.end(), text.begin(), text.end(),
                    [](std::uint8_t byte, char c) { return byte == static_cast<std::uint8_t>(c); });
}

/// Where `text` ends in `pem`, blanks before it skipped; nullopt if something else stands there.
std::optional<Bytes> after(Bytes pem, std::string_view text) {
  const auto blank = [](std::uint8_t byte) { return byte == '\n' || byte == '\r' || byte == ' '; };
  while (!pem.empty() && blank(pem.front())) pem = pem.subspan(1);
  if (pem.size() < text.size() || !equal(pem.first(text.size()), text)) return std::nullopt;
  return pem.subspan(text.size());
}

std::optional<Bytes> string_field(ByteReader& in) {
  const auto length = in.u32();
  if (!length) return std::nullopt;
  return in.take(*length);
}

std::optional<std::string> type_field(ByteReader& in) {
  const auto name = string_field(in);
  if (!name) return std::nullopt;
  return std::string(name->begin(), name->end());
}

PrivateKeyInfo inspect_container(Bytes prefix) {
  ByteReader in{prefix};
  const auto magic = in.take(kMagic.size());
  const auto cipher = string_field(in);
  if (!magic || !equal(*magic, kMagic) || !cipher) return {};
  if (!equal(*cipher, "none")) return {PrivateKeyForm::Encrypted, {}};
  const auto kdf = string_field(in);
  const auto kdf_options = string_field(in);
  const auto count = in.u32();
  const auto blob_length = in.u32();
  if (!kdf || !kdf_options || count != 1U || !blob_length) return {};
  auto type = type_field(in);
  if (!type) return {};
  return {PrivateKeyForm::Plain, std::move(*type)};
}

}  // namespace

PrivateKeyInfo inspect_private_key(Bytes pem) {
  const auto body = after(pem, kBegin);
  if (!body) return {after(pem, kOtherBegin) ? PrivateKeyForm::Other : PrivateKeyForm::Garbage, {}};
  std::string prefix;
  for (const auto byte : *body) {
    if (prefix.size() == kPublicPrefix) break;
    if (byte != '\n' && byte != '\r') prefix += static_cast<char>(byte);
  }
  const auto container = decode_base64(prefix);
  if (!container) return {};
  return inspect_container(*container);
}

}  // namespace tunnel::transport
