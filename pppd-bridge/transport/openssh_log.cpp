#include "pppd-bridge/transport/openssh_log.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tunnel::transport {

namespace {

enum class Place : std::uint8_t { Start, Anywhere };

struct Pattern {
  Place place;
  std::string_view text;
  SshLog kind;
};

// clang-format off
constexpr std::array kPatterns{
    Pattern{Place::Start,    "debug1: Connection established.",         SshLog::Connected},
    Pattern{Place::Start,    "debug1: Remote protocol version ",        SshLog::Connected},
    Pattern{Place::Anywhere, "' is known and matches the ",             SshLog::HostKeyRight},
    Pattern{Place::Start,    "Host key verification failed.",           SshLog::HostKeyWrong},
    Pattern{Place::Start,    "Unable to negotiate with ",               SshLog::NothingCommon},
    Pattern{Place::Start,    "Authenticated to ",                       SshLog::Authenticated},
    Pattern{Place::Start,    "debug1: Entering interactive session.",   SshLog::Session},
    Pattern{Place::Anywhere, ": Permission denied (",                   SshLog::KeyRefused},
    Pattern{Place::Anywhere, ": Bad configuration option: ",            SshLog::BadSettings},
    Pattern{Place::Anywhere, "bad configuration options",               SshLog::BadSettings},
    Pattern{Place::Start,    "Can't open user config file ",            SshLog::BadSettings},
    Pattern{Place::Start,    "Transferred: sent ",                      SshLog::Noise},
    Pattern{Place::Start,    "Bytes per second: sent ",                 SshLog::Noise},
    Pattern{Place::Start,    "debug",                                   SshLog::Noise},
};

// clang-format on

/// What follows `prefix`; nullopt if the line begins otherwise.
std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  return line.substr(prefix.size());
}

/// "HOST [192.0.2.1] port 22." → "[192.0.2.1] port 22".
std::string_view address_of(std::string_view rest) {
  const auto bracket = rest.find('[');
  if (bracket != std::string_view::npos) rest.remove_prefix(bracket);
  if (rest.ends_with('.')) rest.remove_suffix(1);
  return rest;
}

}  // namespace

SshLogLine classify_ssh_log(std::string_view line) {
  if (const auto rest = after(line, "debug1: Connecting to ")) {
    return {SshLog::Connecting, address_of(*rest)};
  }
  if (after(line, "debug1: Executing proxy command: ")) return {SshLog::Connecting, "a proxy"};
  if (const auto key = after(line, "debug1: Server host key: ")) return {SshLog::HostKey, *key};
  if (const auto cipher = after(line, "debug1: kex: client->server cipher: ")) {
    return {SshLog::Cipher, cipher->substr(0, cipher->find(' '))};
  }
  for (const auto& pattern : kPatterns) {
    const auto at = line.find(pattern.text);
    const bool found = pattern.place == Place::Start ? at == 0 : at != std::string_view::npos;
    if (found) return {pattern.kind, line};
  }
  return {line.empty() ? SshLog::Noise : SshLog::Text, line};
}

SshLogLine classify_session_log(std::string_view line) {
  const bool ours = line.starts_with("debug1: ") || line.starts_with("Transferred: sent ") ||
                    line.starts_with("Bytes per second: sent ");
  return {ours || line.empty() ? SshLog::Noise : SshLog::Text, line};
}

}  // namespace tunnel::transport
