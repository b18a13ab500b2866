// What may be signed: one login, and nothing that looks like it.

#include "tunneld/agent/login.hpp"

#include "tests/agent/logins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace tunnel::agent {
namespace {

using testing::ElementsAreArray;

Verdict verdict(const LoginParts& parts, std::uint32_t flags = 0) {
  const auto data = signed_data(parts);
  const auto login = usual_login();
  return judge({login.key_blob, data, flags}, login);
}

TEST(Login, IsReadPartByPart) {
  auto parts = usual_parts();
  const auto data = signed_data(parts);
  const auto login = parse_login(data);
  ASSERT_TRUE(login);
  EXPECT_THAT(login->session_id, ElementsAreArray(parts.session_id));
  EXPECT_THAT(login->user, ElementsAreArray(to_bytes(parts.user)));
  EXPECT_THAT(login->algorithm, ElementsAreArray(to_bytes(parts.algorithm)));
  EXPECT_THAT(login->key_blob, ElementsAreArray(parts.key_blob));
  EXPECT_FALSE(login->host_key);
}

TEST(Login, CutAnywhereIsNone) {
  auto parts = usual_parts();
  for (const bool bound : {false, true}) {
    if (bound) {
      parts.method = "publickey-hostbound-v00@openssh.com";
      parts.host_key = usual_login().host_keys.front();
    }
    const auto data = signed_data(parts);
    EXPECT_TRUE(parse_login(data));
    for (std::size_t length = 0; length < data.size(); ++length) {
      EXPECT_FALSE(parse_login(Bytes{data}.first(length))) << length;
    }
  }
}

TEST(Login, OfTheProfileIsSignedByTheKeysAlgorithm) {
  const auto made = verdict(usual_parts());
  EXPECT_EQ(made.algorithm, "ssh-ed25519");
  EXPECT_EQ(made.refusal, "");
}

TEST(Login, BoundToAPinnedHostIsSigned) {
  auto parts = usual_parts();
  parts.method = "publickey-hostbound-v00@openssh.com";
  parts.host_key = usual_login().host_keys.front();
  EXPECT_EQ(verdict(parts).algorithm, "ssh-ed25519");
}

struct Refused {
  const char* what;
  std::function<void(LoginParts&)> change;
  const char* refusal;
};

const std::vector<Refused> kRefused{
    {"another user", [](auto& p) { p.user = "root"; }, "a login as another user"},
    {"a longer user", [](auto& p) { p.user = "pppossh2"; }, "a login as another user"},
    {"a user with a zero", [](auto& p) { p.user += '\0'; }, "a login as another user"},
    {"another key", [](auto& p) { p.key_blob.back() ^= 1; }, "a login by another key"},
    {"no key", [](auto& p) { p.key_blob.clear(); }, "a login by another key"},
    {"another algorithm", [](auto& p) { p.algorithm = "rsa-sha2-512"; },
     "a signature by another algorithm than the key's"},
    {"another service", [](auto& p) { p.service = "ssh-userauth"; },
     "a signature of what is no login by a key"},
    {"another method", [](auto& p) { p.method = "hostbased"; },
     "a signature of what is no login by a key"},
    {"another message", [](auto& p) { p.type = 51; }, "a signature of what is no login by a key"},
    {"without a signature", [](auto& p) { p.with_signature = 0; },
     "a signature of what is no login by a key"},
    {"a truth that is not 1", [](auto& p) { p.with_signature = 2; },
     "a signature of what is no login by a key"},
    {"an octet behind it", [](auto& p) { p.behind = {0}; },
     "a signature of what is no login by a key"},
    {"a host key without the method", [](auto& p) { p.host_key = usual_login().host_keys.front(); },
     "a signature of what is no login by a key"},
    {"the method without a host key",
     [](auto& p) { p.method = "publickey-hostbound-v00@openssh.com"; },
     "a signature of what is no login by a key"},
    {"a session identifier that is none", [](auto& p) { p.session_id.resize(19); },
     "a signature of what is no login by a key"},
    {"an endless session identifier", [](auto& p) { p.session_id.resize(65); },
     "a signature of what is no login by a key"},
    {"another host",
     [](auto& p) {
       p.method = "publickey-hostbound-v00@openssh.com";
       p.host_key = blob_of_type("ssh-ed25519", 10);
     },
     "a login to a host whose key is not pinned"},
};

TEST(Login, OtherThanTheProfilesIsRefused) {
  for (const auto& [what, change, refusal] : kRefused) {
    auto parts = usual_parts();
    change(parts);
    const auto made = verdict(parts);
    EXPECT_EQ(made.algorithm, "") << what;
    EXPECT_EQ(made.refusal, refusal) << what;
  }
}

TEST(Login, ByAKeyThatIsOnlyAskedForIsRefused) {
  const auto login = usual_login();
  auto other = login.key_blob;
  other.back() ^= 1;
  const auto data = signed_data(usual_parts());
  EXPECT_EQ(judge({other, data, 0}, login).refusal, "a signature by another key");
}

// OpenSSH signs files so (PROTOCOL.sshsig); git, for one, asks agents for it.
TEST(Login, IsNoFile) {
  const auto login = usual_login();
  const auto data = to_bytes("SSHSIG");
  EXPECT_EQ(judge({login.key_blob, data, 0}, login).refusal,
            "a signature of what is no login by a key");
}

// RFC 8332: the flags of the request and the algorithm in what is signed say the same, or nothing
// is signed; and never by SHA-1.
TEST(Login, ByAnRsaKeyIsSignedBySha2Alone) {
  Login login = usual_login();
  login.key_blob = blob_of_type("ssh-rsa");
  auto parts = usual_parts();
  parts.key_blob = login.key_blob;
  const auto algorithm = [&](const char* name, std::uint32_t flags) {
    parts.algorithm = name;
    const auto data = signed_data(parts);
    return judge({login.key_blob, data, flags}, login).algorithm;
  };
  EXPECT_EQ(algorithm("rsa-sha2-256", kRsaSha256), "rsa-sha2-256");
  EXPECT_EQ(algorithm("rsa-sha2-512", kRsaSha512), "rsa-sha2-512");
  EXPECT_EQ(algorithm("rsa-sha2-256", kRsaSha512), "");
  EXPECT_EQ(algorithm("rsa-sha2-512", kRsaSha256), "");
  EXPECT_EQ(algorithm("rsa-sha2-512", kRsaSha256 | kRsaSha512), "");
  EXPECT_EQ(algorithm("ssh-rsa", 0), "");
  EXPECT_EQ(algorithm("rsa-sha2-512", 0), "");
}

TEST(Login, ByAnotherKeyHasNoFlags) {
  EXPECT_EQ(verdict(usual_parts(), kRsaSha256).algorithm, "");
}

}  // namespace
}  // namespace tunnel::agent
