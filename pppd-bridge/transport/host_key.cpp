#include "pppd-bridge/transport/host_key.hpp"

#include "pppd-bridge/transport/base64.hpp"
#include "tunneld/base/check.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace tunnel::transport {

namespace {

constexpr std::size_t kMaxTypeLength = 64;  // RFC 4251 §6

std::string_view next_word(std::string_view& rest) {
  constexpr std::string_view kBlank = " \t";
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlank), rest.size()));
  const auto word = rest.substr(0, rest.find_first_of(kBlank));
  rest.remove_prefix(word.size());
  return word;
}

}  // namespace

std::optional<HostKey> HostKey::parse(std::string_view line) {
  const auto type = next_word(line);
  auto blob = decode_base64(next_word(line));
  if (!blob || key_type(*blob) != type) return std::nullopt;
  return HostKey{std::string{type}, std::move(*blob)};
}

std::string HostKey::line() const {
  return type + ' ' + encode_base64(blob);
}

std::optional<std::string> key_type(Bytes blob) {
  ByteReader in{blob};
  const auto length = in.u32();
  if (!length || *length == 0 || *length > kMaxTypeLength) return std::nullopt;
  const auto name = in.take(*length);
  if (!name || in.empty()) return std::nullopt;
  const bool printable =
      std::all_of(name->begin(), name->end(), [](auto byte) { return byte > 0x20 && byte < 0x7f; });
  if (!printable) return std::nullopt;
  return std::string(name->begin(), name->end());
}

std::string fingerprint(Bytes blob) {
  std::array<std::uint8_t, 32> digest{};
  const int hashed =
      EVP_Digest(blob.data(), blob.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  TUNNEL_CHECK(hashed == 1);
  return "SHA256:" + encode_base64(digest, Base64Padding::Unpadded);
}

std::string fingerprints(std::span<const HostKey> keys) {
  std::string out;
  for (const auto& key : keys) {
    if (!out.empty()) out += " or ";
    out += key.type + ' ' + fingerprint(key.blob);
  }
  return out;
}

std::vector<std::string> host_key_algorithms(std::span<const HostKey> keys) {
  std::vector<std::string> out;
  const auto add = [&out](std::string_view name) {
    if (std::find(out.begin(), out.end(), name) == out.end()) out.emplace_back(name);
  };
  for (const auto& key : keys) {
    if (key.type == "ssh-rsa") {
      add("rsa-sha2-512");
      add("rsa-sha2-256");
    } else {
      add(key.type);
    }
  }
  return out;
}

}  // namespace tunnel::transport
