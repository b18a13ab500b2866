#pragma once

#include "tunneld/agent/protocol.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::agent {

/// What a key signs to log in: RFC 4252 §7 behind the session identifier, or the same with the
/// server's key behind it (OpenSSH's PROTOCOL, "publickey-hostbound-v00@openssh.com").
struct LoginRequest {
  Bytes session_id;
  Bytes user;
  Bytes algorithm;
  Bytes key_blob;
  std::optional<Bytes> host_key{};  // the server's
};

/// nullopt for anything but exactly that, with the service "ssh-connection".
std::optional<LoginRequest> parse_login(Bytes signed_data) noexcept;

/// The one login that an agent may sign.
struct Login {
  std::string user;
  std::vector<std::uint8_t> key_blob;
  std::vector<std::vector<std::uint8_t>> host_keys;  // any of these, where the request names one
};

/// Whether a request is for that login: by which algorithm to sign it, or why it is refused.
struct Verdict {
  std::string algorithm{};     // "ssh-ed25519", "rsa-sha2-512"; empty: refused
  std::string_view refusal{};  // words for the log; empty: not refused
};

Verdict judge(const SignRequest& request, const Login& login);

}  // namespace tunnel::agent
