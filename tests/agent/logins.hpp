#pragma once

#include "tunneld/agent/login.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::agent {

/// What a client would have signed, part by part, so that a test can have one part wrong.
struct LoginParts {
  std::vector<std::uint8_t> session_id = std::vector<std::uint8_t>(32, 0x5e);
  std::uint8_t type = 50;
  std::string user = "pppossh";
  std::string service = "ssh-connection";
  std::string method = "publickey";
  std::uint8_t with_signature = 1;
  std::string algorithm = "ssh-ed25519";
  std::vector<std::uint8_t> key_blob{};
  std::optional<std::vector<std::uint8_t>> host_key{};
  std::vector<std::uint8_t> behind{};
};

std::vector<std::uint8_t> signed_data(const LoginParts& parts);

/// A blob of that type, good for comparisons.
std::vector<std::uint8_t> blob_of_type(const std::string& type, std::uint8_t filling = 7);

/// The login of pppossh by an Ed25519 key, to a server whose key is of 9s.
Login usual_login();
LoginParts usual_parts();

/// A request to sign by the usual key, without its length in front.
std::vector<std::uint8_t> sign_message(const LoginParts& parts, std::uint32_t flags = 0);

/// A message without its length, which must be right.
std::vector<std::uint8_t> without_length(const std::vector<std::uint8_t>& message);

}  // namespace tunnel::agent
