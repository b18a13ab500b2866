#include "tunneld/agent/key_file.hpp"

#include "tunneld/base/base64.hpp"
#include "tunneld/base/ssh_wire.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>

namespace tunnel::agent {

namespace {

using namespace std::string_view_literals;

constexpr auto kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----"sv;
constexpr auto kEnd = "-----END OPENSSH PRIVATE KEY-----"sv;
constexpr auto kMagic = "openssh-key-v1\0"sv;

constexpr std::size_t kEd25519Size = 32;
constexpr std::size_t kMostPadding = 8;  // the block of the cipher "none"

struct Curve {
  std::string_view key_type;
  std::string_view name;
};

constexpr std::array<Curve, 3> kCurves{{{"ecdsa-sha2-nistp256", "nistp256"},
                                        {"ecdsa-sha2-nistp384", "nistp384"},
                                        {"ecdsa-sha2-nistp521", "nistp521"}}};

bool begins_with(Bytes bytes, std::string_view text) noexcept {
  return bytes.size() >= text.size() && same_text(bytes.first(text.size()), text);
}

/// The octets between the lines of the armour, decoded; empty: there are none.
Secret unwrap(Bytes file) {
  const auto body = file.subspan(kBegin.size());
  const auto same = [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); };
  const auto end = std::search(body.begin(), body.end(), kEnd.begin(), kEnd.end(), same);
  if (end == body.end()) return {};
  std::vector<std::uint8_t> text;
  text.reserve(body.size());  // no copy of a private key is left behind by growing
  std::copy_if(body.begin(), end, std::back_inserter(text),
               [](std::uint8_t c) { return c != '\n' && c != '\r'; });
  const Secret packed{std::move(text)};
  auto decoded = decode_base64(packed.reveal());
  return decoded ? Secret{std::move(*decoded)} : Secret{};
}

struct Container {
  Bytes cipher;
  Bytes public_blob;
  Bytes secret_part;
};

/// Magic, cipher, KDF, its options, the number of keys, their public halves, and the rest. One key:
/// OpenSSH writes no others.
std::optional<Container> parse_container(Bytes octets) {
  ByteReader in{octets};
  const auto magic = in.take(kMagic.size());
  const auto cipher = ssh_string(in);
  const auto kdf = ssh_string(in);
  const auto kdf_options = ssh_string(in);
  const auto count = in.u32();
  const auto public_blob = ssh_string(in);
  const auto secret_part = ssh_string(in);
  if (!magic || !same_text(*magic, kMagic) || !cipher || !kdf || !kdf_options || count != 1U ||
      !public_blob || !secret_part) {
    return std::nullopt;
  }
  return Container{*cipher, *public_blob, *secret_part};
}

/// RFC 4251 §5 "mpint" of a positive number, without the zero that may stand in front.
std::optional<Bytes> positive_number(ByteReader& in) {
  auto number = ssh_string(in);
  if (!number || number->empty() || number->front() >= 0x80) return std::nullopt;
  if (number->front() == 0) number = number->subspan(1);
  if (number->empty()) return std::nullopt;
  return number;
}

std::optional<KeyParts> ed25519_parts(ByteReader& in) {
  const auto public_key = ssh_string(in);
  const auto both = ssh_string(in);
  if (!public_key || public_key->size() != kEd25519Size || !both ||
      both->size() != 2 * kEd25519Size ||
      !std::equal(public_key->begin(), public_key->end(), both->begin() + kEd25519Size)) {
    return std::nullopt;
  }
  return Ed25519Parts{both->first(kEd25519Size)};
}

std::optional<KeyParts> ecdsa_parts(ByteReader& in, std::string_view curve) {
  const auto name = ssh_string(in);
  const auto point = ssh_string(in);
  const auto scalar = positive_number(in);
  if (!name || !same_text(*name, curve) || !point || !scalar) return std::nullopt;
  return EcdsaParts{curve, *point, *scalar};
}

/// The factors and what follows from them are left: by n and d alone it signs as well, slower, and
/// without a way for a fault of the processor to betray a factor.
std::optional<KeyParts> rsa_parts(ByteReader& in) {
  const auto n = positive_number(in);
  const auto e = positive_number(in);
  const auto d = positive_number(in);
  const auto coefficient = positive_number(in);
  const auto p = positive_number(in);
  const auto q = positive_number(in);
  if (!n || !e || !d || !coefficient || !p || !q) return std::nullopt;
  return RsaParts{*n, *e, *d};
}

std::optional<KeyParts> parts_of(Bytes type, ByteReader& in) {
  if (same_text(type, "ssh-ed25519")) return ed25519_parts(in);
  if (same_text(type, "ssh-rsa")) return rsa_parts(in);
  for (const auto& curve : kCurves) {
    if (same_text(type, curve.key_type)) return ecdsa_parts(in, curve.name);
  }
  return std::nullopt;
}

/// 1, 2, 3 and so on.
bool is_padding(Bytes rest) {
  if (rest.size() >= kMostPadding) return false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != i + 1) return false;
  }
  return true;
}

/// Two equal numbers, which tell a wrong passphrase; the key; a comment; padding.
std::optional<KeyParts> parse_secret_part(Bytes octets) {
  ByteReader in{octets};
  const auto first = in.u32();
  const auto second = in.u32();
  const auto type = ssh_string(in);
  if (!first || first != second || !type) return std::nullopt;
  auto parts = parts_of(*type, in);
  const auto comment = ssh_string(in);
  if (!parts || !comment || !is_padding(in.rest())) return std::nullopt;
  return parts;
}

Error fault(std::string words) {
  return make_error(std::errc::invalid_argument, std::move(words));
}

/// Of "TYPE BASE64 COMMENT".
std::optional<std::vector<std::uint8_t>> blob_of_line(Bytes file) {
  std::string line(file.begin(), std::find(file.begin(), file.end(), std::uint8_t{'\n'}));
  const auto type = line.substr(0, line.find(' '));
  if (type.size() == line.size()) return std::nullopt;
  const auto rest = line.substr(type.size() + 1);
  auto blob = decode_base64(std::string_view{rest}.substr(0, rest.find_first_of(" \r")));
  if (!blob) return std::nullopt;
  ByteReader in{*blob};
  const auto inner = ssh_string(in);
  if (!inner || !same_text(*inner, type)) return std::nullopt;
  return blob;
}

}  // namespace

bool is_openssh_key(Bytes file) noexcept {
  return begins_with(file, kBegin);
}

Result<OpensshKey> parse_openssh_key(Bytes file) {
  if (!is_openssh_key(file)) return fault("is not a private key in OpenSSH's format");
  auto octets = unwrap(file);
  const auto container = parse_container(octets.reveal());
  if (!container) return fault("is a damaged private key");
  if (!same_text(container->cipher, "none")) return fault("is protected by a passphrase");
  const auto parts = parse_secret_part(container->secret_part);
  if (!parts) return fault("is a damaged private key, or one of a type that cannot be used");
  return OpensshKey{std::move(octets), container->public_blob, *parts};
}

std::optional<std::vector<std::uint8_t>> public_half(Bytes file) {
  if (!is_openssh_key(file)) return blob_of_line(file);
  const auto octets = unwrap(file);
  const auto container = parse_container(octets.reveal());
  if (!container) return std::nullopt;
  const auto& blob = container->public_blob;
  return std::vector<std::uint8_t>(blob.begin(), blob.end());
}

}  // namespace tunnel::agent
