// The file of a private key: any octets as a file, or as the container inside OpenSSH's armour.
// What is taken for a key can sign.

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/agent/key_file.hpp"
#include "tunneld/agent/private_key.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::agent {
namespace {

std::vector<std::uint8_t> armoured(Bytes container) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "-----BEGIN OPENSSH PRIVATE KEY-----\n";
  for (; !container.empty();
       container = container.subspan(std::min<std::size_t>(3, container.size()))) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < container.size() ? container[i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= container.size() ? kDigits[bits >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return to_bytes(text + "\n-----END OPENSSH PRIVATE KEY-----\n");
}

void check(Bytes file) {
  const auto half = public_half(file);
  const auto parts = parse_openssh_key(file);
  if (parts) {
    TUNNEL_CHECK(half && parts->public_blob.size() == half->size());
    TUNNEL_CHECK(parts->container.reveal().size() > parts->public_blob.size());
  }
  // A key of thousands of bits takes its time, and says nothing that a small one does not.
  const auto* rsa = parts ? std::get_if<RsaParts>(&parts->parts) : nullptr;
  if (rsa != nullptr && rsa->n.size() > 160) return;
  const auto key = PrivateKey::parse(file);
  if (!key || !half) return;
  TUNNEL_CHECK(key->public_blob() == *half);
}

}  // namespace
}  // namespace tunnel::agent

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::agent;
  tunnel::fuzz::Input in{{data, size}};
  if (in.below(2) == 0) {
    check(in.rest());
  } else {
    check(armoured(in.rest()));
  }
  return 0;
}
