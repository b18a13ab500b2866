#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// What the ssh that ppp talked through was told, as far as a profile has a key for it. Nothing of
/// it is checked yet.
struct SshCommand {
  std::string host{};                   // empty: it was not said
  std::string user{};                   // the same
  std::string port{};                   // the same
  std::string identity{};               // a path, or empty
  std::string remote{};                 // what ran at the far end: "/usr/sbin/ppp -direct labs"
  std::vector<std::string> left_out{};  // options that meant something: "-J", "-o ProxyCommand"

  bool operator==(const SshCommand&) const = default;
};

/// Reads what stands behind `set device`, in the words of ppp.conf, if it begins with "!" and has
/// an ssh in it: by itself, or run by sudo, su, env or sh -c. Words behind the first belong to it,
/// for people who left the quotes out. nullopt: it is something else.
std::optional<SshCommand> parse_ssh_device(const std::vector<std::string>& words);

/// The label that a command of the far end, or of authorized_keys, runs ppp for: "home" in
/// "exec /usr/sbin/ppp -quiet -direct home"; nullopt: it is another command.
std::optional<std::string> direct_label(std::string_view command);

}  // namespace tunnel::importer
