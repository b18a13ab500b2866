#include "tests/agent/logins.hpp"

#include "tunneld/base/ssh_wire.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace tunnel::agent {

std::vector<std::uint8_t> signed_data(const LoginParts& parts) {
  ByteWriter out;
  put_ssh_string(out, parts.session_id);
  out.u8(parts.type);
  put_ssh_string(out, parts.user);
  put_ssh_string(out, parts.service);
  put_ssh_string(out, parts.method);
  out.u8(parts.with_signature);
  put_ssh_string(out, parts.algorithm);
  put_ssh_string(out, parts.key_blob);
  if (parts.host_key) put_ssh_string(out, *parts.host_key);
  out.bytes(parts.behind);
  return std::move(out).finish();
}

std::vector<std::uint8_t> blob_of_type(const std::string& type, std::uint8_t filling) {
  ByteWriter out;
  put_ssh_string(out, type);
  put_ssh_string(out, std::vector<std::uint8_t>(32, filling));
  return std::move(out).finish();
}

Login usual_login() {
  return {"pppossh", blob_of_type("ssh-ed25519"), {blob_of_type("ssh-ed25519", 9)}};
}

LoginParts usual_parts() {
  LoginParts parts;
  parts.key_blob = blob_of_type("ssh-ed25519");
  return parts;
}

std::vector<std::uint8_t> sign_message(const LoginParts& parts, std::uint32_t flags) {
  const auto data = signed_data(parts);
  return without_length(write_sign_request({usual_login().key_blob, data, flags}));
}

std::vector<std::uint8_t> without_length(const std::vector<std::uint8_t>& message) {
  ByteReader in{message};
  EXPECT_EQ(in.u32(), message.size() - 4);
  return {in.rest().begin(), in.rest().end()};
}

}  // namespace tunnel::agent
