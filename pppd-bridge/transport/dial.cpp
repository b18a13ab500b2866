#include "pppd-bridge/transport/dial.hpp"

#include "pppd-bridge/transport/clients.hpp"
#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <csignal>
#include <optional>
#include <string_view>
#include <utility>

namespace tunnel::transport {

namespace {

DialError permanent(Stage stage, std::string text) {
  return DialError{stage, Permanence::Permanent, std::move(text)};
}

/// Host and user become arguments of `ssh`, and may be expanded by its configuration into commands.
bool plain_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"._:%@+-"}.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), plain);
}

std::optional<DialError> check_names(const DialSettings& settings) {
  if (!plain_word(settings.host)) {
    return permanent(Stage::Resolve, "\"" + escape_text(settings.host) + "\" is no host name");
  }
  if (!plain_word(settings.user)) {
    return permanent(Stage::Auth, "\"" + escape_text(settings.user) + "\" is no user name");
  }
  return std::nullopt;
}

/// Whether there is anything to log in by.
std::optional<DialError> check_identity(const DialSettings& settings) {
  const bool by_openssh = settings.client == Client::Openssh;
  const bool others = !settings.security_key.empty() || !settings.ssh_config.empty();
  if (settings.agent || (by_openssh && others)) return std::nullopt;
  return permanent(Stage::Auth, "no private key is given");
}

}  // namespace

const char* stage_name(Stage stage) noexcept {
  switch (stage) {
    case Stage::Resolve:
      return "resolve";
    case Stage::Connect:
      return "connect";
    case Stage::HostKey:
      return "host-key";
    case Stage::Auth:
      return "auth";
    case Stage::Channel:
      return "channel";
  }
  return "?";
}

DialResult dial(DialSettings settings, DialObserver& observer) {
  std::signal(SIGPIPE, SIG_IGN);
  if (auto error = check_names(settings)) return std::move(*error);
  std::vector<HostKey> pinned;
  for (const auto& line : settings.host_keys) {
    auto key = HostKey::parse(line);
    if (!key) {
      return permanent(Stage::HostKey, "\"" + escape_text(line) +
                                           "\" is no host key; expected "
                                           "\"ssh-ed25519 AAAA…\", as ssh-keyscan prints it");
    }
    pinned.push_back(std::move(*key));
  }
  if (pinned.empty()) return permanent(Stage::HostKey, "no host key is pinned");
  if (auto error = check_identity(settings)) return std::move(*error);
  return settings.client == Client::Libssh2 ? dial_libssh2(settings, pinned, observer)
                                            : dial_openssh(settings, pinned, observer);
}

std::string wrong_host_key_text(const std::string& server, const std::string& received,
                                std::span<const HostKey> pinned) {
  return "the host key of " + server + " is " + received + ", but pinned is " +
         fingerprints(pinned) +
         "; either the server has a new key, or somebody else answers. Nothing was sent";
}

std::string refused_key_text(const DialSettings& settings) {
  return "sshd does not accept our key for user " + settings.user +
         "; is it among the answering site's authorized_keys, and is our address allowed? "
         "Has sshd there read its drop-in (systemctl reload ssh)?";
}

std::string wanted_command(const DialSettings& settings) {
  return settings.command.empty() ? "ppp" : settings.command;
}

std::string seconds_text(std::chrono::milliseconds time) {
  const auto tenths = time.count() / 100;
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10)) +
         " s";
}

}  // namespace tunnel::transport
