#include "tests/config/profiles.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

namespace tunnel::config {

namespace {

constexpr auto kNoPassphrase = Passphrase::None;

const std::map<std::string, KeyFacts>& keys() {
  static const std::map<std::string, KeyFacts> all{
      {"labs", {{}, {KeyKind::Ed25519, kNoPassphrase}}},
      {"archive", {{}, {KeyKind::Ed25519, kNoPassphrase}}},
      {"ecdsa", {{}, {KeyKind::Ecdsa, kNoPassphrase}}},
      {"strict", {{.error = {}, .mode = 0400}, {KeyKind::Ed25519, kNoPassphrase}}},
      {"open", {{.error = {}, .mode = 0640}, {KeyKind::Ed25519, kNoPassphrase}}},
      {"world", {{.error = {}, .mode = 0604}, {KeyKind::Ed25519, kNoPassphrase}}},
      {"unreadable",
       {{.error = make_error_code(std::errc::permission_denied)}, {KeyKind::NotAKey, {}}}},
      {"rsa", {{}, {KeyKind::Rsa, kNoPassphrase}}},
      {"fido", {{}, {KeyKind::SecurityKey, kNoPassphrase}}},
      {"dsa", {{}, {KeyKind::OtherType, kNoPassphrase}}},
      {"putty", {{}, {KeyKind::OtherFormat, kNoPassphrase}}},
      {"passphrase", {{}, {KeyKind::Ed25519, Passphrase::Needed}}},
      {"labs.pub",
       {{.error = {}, .mode = 0644}, {KeyKind::PublicKey, kNoPassphrase, KeyKind::Ed25519}}},
      {"rsa.pub", {{.error = {}, .mode = 0644}, {KeyKind::PublicKey, kNoPassphrase, KeyKind::Rsa}}},
      {"world.pub",
       {{.error = {}, .mode = 0666}, {KeyKind::PublicKey, kNoPassphrase, KeyKind::Ed25519}}},
      {"notes.pub", {{.error = {}, .mode = 0644}, {KeyKind::PublicKey, kNoPassphrase}}},
      {"notes", {{}, {KeyKind::NotAKey, kNoPassphrase}}},
  };
  return all;
}

KeyFacts key_facts(const std::filesystem::path& path) {
  const auto found = keys().find(path.filename().string());
  if (path.parent_path() != "/etc/tunneld/keys" || found == keys().end()) {
    return {{.error = make_error_code(std::errc::no_such_file_or_directory)}, {}};
  }
  return found->second;
}

FileFacts file_facts(const std::filesystem::path& path) {
  if (path == "/etc/tunneld/ssh_config") return {.error = {}, .mode = 0644};
  if (path.extension() == ".rules") return {.error = {}, .mode = 0644};
  if (path == "/etc/tunneld/open_config") return {.error = {}, .mode = 0666};
  return {.error = make_error_code(std::errc::no_such_file_or_directory)};
}

}  // namespace

std::string dial_profile() {
  return R"([site]
role = "dial"

[ssh]
host = "vpn.labs.example"
identity = "keys/labs"
host_key = [")" +
         std::string{kHostKey} + R"("]

[ppp]
interface = "tun0"
local = "10.224.1.1"
remote = "10.224.1.2"

[routes]
remote = ["192.168.253.0/24", "172.16.1.0/24"]
)";
}

std::string answer_profile() {
  return R"([site]
role = "answer"

[ssh]
authorized_keys = [")" +
         std::string{kHomeKey} + R"( talisker"]

[ppp]
interface = "tun0"
local = "10.224.1.2"
remote = "10.224.1.1"

[routes]
remote = ["192.168.1.0/24"]
)";
}

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "no " << from;
  EXPECT_EQ(text.find(from, at + 1), std::string::npos) << "more than one " << from;
  return text.replace(at, from.size(), to);
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

Facts make_facts() {
  return {"talisker", "/etc/tunneld", file_facts, key_facts};
}

SourceFile gateway_file(std::string text) {
  return {"tunneld.toml", std::move(text), {.error = {}, .mode = 0644}};
}

SourceFile site_file(std::string_view name, std::string text) {
  return {"sites/" + std::string{name} + ".toml", std::move(text), {.error = {}, .mode = 0644}};
}

std::vector<Diagnostic> mistakes_in(std::string profile) {
  return parse_alone(site_file("labs", std::move(profile)), make_facts()).diagnostics;
}

std::string mistake_in(std::string profile) {
  const auto mistakes = mistakes_in(std::move(profile));
  if (mistakes.size() != 1) {
    for (const auto& diagnostic : mistakes) ADD_FAILURE() << explain(diagnostic);
    ADD_FAILURE() << mistakes.size() << " mistakes instead of one";
    return {};
  }
  return mistakes.front().message;
}

std::string dial_with(std::string_view from, std::string_view to) {
  return with(dial_profile(), from, to);
}

}  // namespace tunnel::config
