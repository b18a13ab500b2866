#include "tunneld/config/public_key.hpp"

#include "tunneld/base/base64.hpp"
#include "tunneld/base/ssh_wire.hpp"
#include "tunneld/base/text.hpp"

#include <array>
#include <utility>
#include <vector>

namespace tunnel::config {

namespace {

enum class Usable : std::uint8_t { AsBoth, ToOpenSite, Nowhere };

/// A key type: where we take it, and how its blob goes on after the type's name.
struct KeyType {
  std::string_view name;
  Usable usable;
  std::string_view curve;  // the ECDSA curve's name, which comes first in the blob; or empty
  std::size_t point;       // bytes of the public point; 0: of any length
  unsigned more;           // strings after that
};

// RFC 8709 §4, RFC 5656 §3.1, RFC 4253 §6.6 (RSA: the mpints e and n), OpenSSH's PROTOCOL.u2f.
// clang-format off
constexpr std::array<KeyType, 8> kKeyTypes{{
    {"ssh-ed25519",                        Usable::AsBoth,     "",          32, 0},
    {"ecdsa-sha2-nistp256",                Usable::AsBoth,     "nistp256",  65, 0},
    {"ecdsa-sha2-nistp384",                Usable::ToOpenSite, "nistp384",  97, 0},
    {"ecdsa-sha2-nistp521",                Usable::ToOpenSite, "nistp521", 133, 0},
    {"sk-ssh-ed25519@openssh.com",         Usable::ToOpenSite, "",          32, 1},
    {"sk-ecdsa-sha2-nistp256@openssh.com", Usable::ToOpenSite, "nistp256",  65, 1},
    {"ssh-rsa",                            Usable::ToOpenSite, "",           0, 1},
    {"ssh-dss",                            Usable::Nowhere,    "",           0, 3},
}};

// clang-format on

const KeyType* find_type(std::string_view name) {
  for (const auto& type : kKeyTypes) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

bool is_key_of(Bytes blob, const KeyType& type) {
  ByteReader in{blob};
  const auto name = ssh_string(in);
  if (!name || !same_text(*name, type.name)) return false;
  if (!type.curve.empty()) {
    const auto curve = ssh_string(in);
    if (!curve || !same_text(*curve, type.curve)) return false;
  }
  const auto point = ssh_string(in);
  if (!point || point->empty() || (type.point != 0 && point->size() != type.point)) return false;
  for (unsigned i = 0; i < type.more; ++i) {
    const auto field = ssh_string(in);
    if (!field || field->empty()) return false;
  }
  return in.empty();
}

std::string_view next_word(std::string_view& rest) {
  const auto begin = std::min(rest.find_first_not_of(" \t"), rest.size());
  rest.remove_prefix(begin);
  const auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  return word;
}

struct Line {
  std::string_view type;
  std::string_view base64;
  std::string_view comment;
};

Line split(std::string_view line) {
  Line parts;
  parts.type = next_word(line);
  parts.base64 = next_word(line);
  const auto begin = line.find_first_not_of(" \t");
  if (begin != std::string_view::npos) parts.comment = line.substr(begin);
  return parts;
}

/// Whether a later word is a key type: then something stands in front of the key.
bool type_stands_later(std::string_view line) {
  next_word(line);
  for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
    if (find_type(word) != nullptr) return true;
  }
  return false;
}

/// What is wrong with a line that does not begin with a key type.
Complaint not_a_key(std::string_view line, std::string hint) {
  if (line.find("PRIVATE KEY") != std::string_view::npos) {
    return {"this is a private key, where a public one belongs", std::move(hint)};
  }
  return {in_quotes(split(line).type) + " is not a type of public key", std::move(hint)};
}

/// The key, if the line is well formed; its type may still not be wanted here.
Checked<AuthorizedKey> parse_key(std::string_view line, const KeyType& type) {
  if (has_control_character(line)) {
    return Complaint{"a key stands on one line, without control characters",
                     "copy the line of the .pub file without its end"};
  }
  const auto parts = split(line);
  if (parts.base64.empty()) {
    return Complaint{"the key itself is missing after its type",
                     "copy the whole line of the .pub file: TYPE BASE64 COMMENT"};
  }
  const auto blob = decode_base64(parts.base64);
  if (!blob || !is_key_of(*blob, type)) {
    return Complaint{"the text after " + std::string{type.name} + " is not a key of that type",
                     "copy the whole line of the .pub file again; a character is missing or wrong"};
  }
  return AuthorizedKey{std::string{parts.type}, std::string{parts.base64},
                       std::string{parts.comment}};
}

}  // namespace

Checked<std::string> host_key(std::string_view line) {
  static constexpr std::string_view kHint =
      "on the far gateway, copy the line of /etc/ssh/ssh_host_ed25519_key.pub";
  const auto* type = find_type(split(line).type);
  if (type == nullptr) {
    if (type_stands_later(line)) {
      return Complaint{"a host's name stands in front of the key",
                       "leave the name out: \"ssh-ed25519 AAAA...\""};
    }
    return not_a_key(line, std::string{kHint});
  }
  if (type->name == "ssh-rsa") {
    return Complaint{
        "an RSA host key cannot be pinned: libssh2 1.10 knows only RSA with SHA-1, which today's "
        "sshd refuses",
        std::string{kHint}};
  }
  if (type->usable != Usable::AsBoth) {
    return Complaint{"a host key of type " + std::string{type->name} +
                         " cannot be pinned, only ssh-ed25519 and ecdsa-sha2-nistp256",
                     std::string{kHint}};
  }
  const auto key = parse_key(line, *type);
  if (!key.has_value()) return key.error();
  return key->type + ' ' + key->base64;
}

Checked<AuthorizedKey> authorized_key(std::string_view line) {
  static constexpr std::string_view kHint =
      "on the dialling gateway, copy what tunnelctl key show prints";
  const auto* type = find_type(split(line).type);
  if (type == nullptr) {
    if (type_stands_later(line)) {
      return Complaint{"options stand in front of the key",
                       "begin with the key's type; tunneld writes restrict and command itself, and "
                       "from=\"...\" belongs in the key \"from\""};
    }
    return not_a_key(line, std::string{kHint});
  }
  if (type->usable == Usable::Nowhere) {
    return Complaint{"DSA keys (ssh-dss) are refused by today's sshd", std::string{kHint}};
  }
  return parse_key(line, *type);
}

}  // namespace tunnel::config
