// What auth.log has of those who come to the control socket: who was refused, and who was obeyed.

#include "tunneld/base/escape.hpp"
#include "tunneld/supervisor/daemon.hpp"

#include <fmt/format.h>

#include <pwd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

std::optional<std::string> site_text(const json::object& params) {
  const auto* site = params.if_contains("site");
  if (site == nullptr || !site->is_string()) return std::nullopt;
  return std::string{site->get_string()};
}

/// "alice (uid 1000, pid 4711)", as far as the machine knows the user.
std::string who(const PeerCredentials& peer) {
  const passwd* const account = ::getpwuid(peer.uid);
  return fmt::format("{} (uid {}, pid {})",
                     account == nullptr ? "?" : escape_text(account->pw_name), peer.uid, peer.pid);
}

/// A request as the command that makes it: "down labs --withdraw".
std::string command_text(std::string_view method, const json::object& params) {
  auto text = std::string{method};
  std::replace(text.begin(), text.end(), '.', ' ');
  if (const auto site = site_text(params)) text += ' ' + escape_text(*site);
  for (const auto& [name, value] : params) {
    if (value.is_bool() && value.get_bool()) text += fmt::format(" --{}", std::string_view{name});
    if (value.is_int64())
      text += fmt::format(" --{} {}", std::string_view{name}, value.get_int64());
  }
  return text;
}

}  // namespace

void Daemon::not_allowed(const PeerCredentials& peer, std::string_view sentence) {
  tell_refusal(control_refusals_, {},
               fmt::format("control: refused uid {} (pid {}): {}", peer.uid, peer.pid, sentence));
}

void Daemon::commanded(const PeerCredentials& peer, std::string_view method,
                       const json::object& params) {
  audit::Record record;
  record.type = audit::LogType::Auth;
  record.priority = audit::Priority::Notice;
  const auto site = SiteName::parse(site_text(params).value_or(""));
  if (site && find(*site) != nullptr) record.site = site->str();
  record.text = fmt::format("control: {}: {}", who(peer), command_text(method, params));
  audit_.write(std::move(record));
}

}  // namespace tunnel::supervisor
