// What sshd is told of our keys. Each line is text in quotes in a file format, and in it text for
// the shell of the account: whatever is put into it is either of a form that needs no quoting
// anywhere, or is quoted once for the shell and cannot end the quotes of the file.

#include "tunneld/ctl/authorized_keys.hpp"

#include "tunneld/base/escape.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace tunnel::ctl {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kAlphanumeric =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Whether a text is made of letters, digits and `others` only, and of at least one.
bool made_of(std::string_view text, std::string_view others) {
  const auto allowed = std::string{kAlphanumeric} + std::string{others};
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

/// A path as a word for the shell. Quotes, backslashes and control characters are refused: in the
/// file format and in the shell at once there is no good way to say them.
Result<std::string> shell_word(const fs::path& path) {
  const auto& text = path.native();
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!path.is_absolute() || control || text.find_first_of("\"'\\") != std::string::npos) {
    return make_error(std::errc::invalid_argument,
                      "the path \"" + escape_text(text) +
                          "\" cannot stand in a forced command: it must be absolute, without "
                          "quotes, backslashes and control characters");
  }
  return made_of(text, "/._-+@:,=") ? text : "'" + text + "'";
}

bool sayable(const config::AuthorizedKey& key) {
  return made_of(key.type, "-@.") && made_of(key.base64, "+/=") &&
         std::none_of(key.comment.begin(), key.comment.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::string from_option(const std::vector<std::string>& from) {
  std::string out;
  for (const auto& network : from) (out += out.empty() ? ",from=\"" : ",") += network;
  return out.empty() ? out : out + '"';
}

bool is_offered(const config::AuthorizedKey& key, const std::optional<OfferedKey>& offered) {
  return !offered ||
         (offered->base64 == key.base64 && (offered->type.empty() || offered->type == key.type));
}

/// Everything of a line that is the same for all keys.
struct CommandText {
  std::string before_site;  // "PATH answer "
  std::string after_site;   // " --key SHA256:... --socket PATH", and then the ticket
};

Result<CommandText> command_text(const ForcedCommand& command,
                                 const std::optional<OfferedKey>& offered) {
  const auto bridge = shell_word(command.bridge);
  if (!bridge) return bridge.error();
  CommandText out{.before_site = *bridge + " answer ", .after_site = {}};
  if (offered && !offered->fingerprint.empty()) {
    if (!made_of(offered->fingerprint, ":+/=")) {
      return make_error(std::errc::invalid_argument,
                        "\"" + escape_text(offered->fingerprint) + "\" is not a fingerprint");
    }
    out.after_site += " --key " + offered->fingerprint;
  }
  if (!command.socket.empty()) {
    const auto socket = shell_word(command.socket);
    if (!socket) return socket.error();
    out.after_site += " --socket " + *socket;
  }
  return out;
}

std::string ticket_option(const ForcedCommand& command, const config::Site& site) {
  const auto ticket = command.ticket ? command.ticket(site) : std::string{};
  return made_of(ticket, "") ? " --ticket " + ticket : std::string{};
}

/// How many sites have each key.
std::map<std::string, unsigned> owners(std::span<const config::Site> sites) {
  std::map<std::string, unsigned> out;
  for (const auto& site : sites) {
    const auto* answer = site.answer();
    if (answer == nullptr) continue;
    std::vector<std::string> keys;
    for (const auto& key : answer->authorized_keys) keys.push_back(key.base64);
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    for (const auto& key : keys) ++out[key];
  }
  return out;
}

}  // namespace

Result<AuthorizedKeys> authorized_keys(std::span<const config::Site> sites,
                                       const ForcedCommand& command,
                                       const std::optional<OfferedKey>& offered) {
  const auto text = command_text(command, offered);
  if (!text) return text.error();
  const auto counts = owners(sites);
  AuthorizedKeys out;
  for (const auto& site : sites) {
    const auto* answer = site.answer();
    if (answer == nullptr) continue;
    const auto& from = answer->from;
    const bool from_sayable = std::all_of(from.begin(), from.end(),
                                          [](const auto& part) { return made_of(part, ".:/"); });
    for (const auto& key : answer->authorized_keys) {
      if (!is_offered(key, offered)) continue;
      if (counts.at(key.base64) > 1) {
        out.refused.push_back("a key of " + site.name.str() + " (" + escape_text(key.comment) +
                              ") is another site's key too, and opens neither");
      } else if (!from_sayable || !sayable(key)) {
        out.refused.push_back("a key of " + site.name.str() +
                              " has characters that sshd would "
                              "read as something else");
      } else {
        out.lines += "restrict,command=\"" + text->before_site + site.name.str() +
                     text->after_site + ticket_option(command, site) + '"' + from_option(from) +
                     ' ' + key.type + ' ' + key.base64 +
                     (key.comment.empty() ? "" : ' ' + key.comment) + '\n';
      }
    }
  }
  return out;
}

}  // namespace tunnel::ctl
