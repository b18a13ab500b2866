#include "tunneld/agent/login.hpp"

#include "tunneld/base/ssh_wire.hpp"

#include <algorithm>

namespace tunnel::agent {

namespace {

constexpr std::uint8_t kUserauthRequest = 50;  // RFC 4252 §6
constexpr std::uint8_t kWithSignature = 1;
constexpr std::string_view kService = "ssh-connection";
constexpr std::string_view kMethod = "publickey";
constexpr std::string_view kHostBoundMethod = "publickey-hostbound-v00@openssh.com";

// A session identifier is the first exchange hash: SHA-1's at least, SHA-512's at most.
constexpr std::size_t kLeastSessionId = 20;
constexpr std::size_t kMostSessionId = 64;

bool same(Bytes a, Bytes b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

/// RFC 8332: an RSA key signs by one of two hashes, which the flags choose; the others by the
/// algorithm that they are called after.
bool fits(Bytes algorithm, Bytes key_blob, std::uint32_t flags) {
  ByteReader in{key_blob};
  const auto type = ssh_string(in);
  if (!type) return false;
  if (!same_text(*type, "ssh-rsa")) return flags == 0 && same(algorithm, *type);
  return (flags == kRsaSha256 && same_text(algorithm, "rsa-sha2-256")) ||
         (flags == kRsaSha512 && same_text(algorithm, "rsa-sha2-512"));
}

bool is_pinned(Bytes host_key, const Login& login) {
  return std::any_of(login.host_keys.begin(), login.host_keys.end(),
                     [&](const auto& pinned) { return same(pinned, host_key); });
}

}  // namespace

std::optional<LoginRequest> parse_login(Bytes signed_data) noexcept {
  ByteReader in{signed_data};
  const auto session_id = ssh_string(in);
  const auto type = in.u8();
  const auto user = ssh_string(in);
  const auto service = ssh_string(in);
  const auto method = ssh_string(in);
  const auto with_signature = in.u8();
  const auto algorithm = ssh_string(in);
  const auto key_blob = ssh_string(in);
  if (!session_id || type != kUserauthRequest || !user || !service || !method ||
      with_signature != kWithSignature || !algorithm || !key_blob) {
    return std::nullopt;
  }
  if (session_id->size() < kLeastSessionId || session_id->size() > kMostSessionId) {
    return std::nullopt;
  }
  LoginRequest login{*session_id, *user, *algorithm, *key_blob};
  if (same_text(*method, kHostBoundMethod)) {
    login.host_key = ssh_string(in);
    if (!login.host_key) return std::nullopt;
  } else if (!same_text(*method, kMethod)) {
    return std::nullopt;
  }
  if (!same_text(*service, kService) || !in.empty()) return std::nullopt;
  return login;
}

Verdict judge(const SignRequest& request, const Login& login) {
  if (!same(request.key_blob, login.key_blob)) return {{}, "a signature by another key"};
  const auto wanted = parse_login(request.data);
  if (!wanted) return {{}, "a signature of what is no login by a key"};
  if (!same(wanted->key_blob, login.key_blob)) return {{}, "a login by another key"};
  if (!same_text(wanted->user, login.user)) return {{}, "a login as another user"};
  if (wanted->host_key && !is_pinned(*wanted->host_key, login)) {
    return {{}, "a login to a host whose key is not pinned"};
  }
  if (!fits(wanted->algorithm, login.key_blob, request.flags)) {
    return {{}, "a signature by another algorithm than the key's"};
  }
  return {{wanted->algorithm.begin(), wanted->algorithm.end()}, {}};
}

}  // namespace tunnel::agent
