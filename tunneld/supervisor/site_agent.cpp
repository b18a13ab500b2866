// The key that a site dials with: it signs here, and no bridge ever has it.

#include "tunneld/base/secret.hpp"
#include "tunneld/config/file_reading.hpp"
#include "tunneld/config/private_key.hpp"
#include "tunneld/supervisor/site.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <utility>

namespace tunnel::supervisor {

namespace {

constexpr std::size_t kLargestKey = 64 * 1024;

/// A file of which only the public half is wanted may be read by anybody.
Result<Secret> read_identity(const config::Dial& dial) {
  const auto& path = dial.identity.native();
  auto file = config::read_file(dial.identity, kLargestKey);
  Secret text{std::move(file.bytes)};
  if (file.facts.error) return Error{file.facts.error, fmt::format("open the identity {}", path)};
  const bool open_to_others = (file.facts.mode & (S_IRWXG | S_IRWXO)) != 0;
  if (open_to_others && dial.agent.empty()) {
    return make_error(std::errc::permission_denied,
                      fmt::format("the identity {} may be read by others: chmod 0600 it", path));
  }
  return text;
}

/// The file of a FIDO key holds no key: it says to the token which one to use, and only ssh asks
/// the token.
Result<UniqueFd> open_security_key(const config::Dial& dial) {
  UniqueFd file{::open(dial.identity.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (!file) return errno_error(fmt::format("open the identity {}", dial.identity.native()));
  return file;
}

}  // namespace

AgentObserver Site::agent_observer() {
  const auto audit = [this](audit::Priority priority, const char* begin) {
    return [this, priority, begin](const std::string& what) {
      write(audit::LogType::Auth, priority, {}, begin + what);
    };
  };
  return {audit(audit::Priority::Warning, "refused to sign with our key: "),
          audit(audit::Priority::Info, ""), [this](AgentFault fault, const std::string& why) {
            if (fault == AgentFault::Unreachable) return handle_later(Event::LinkFailed, why);
            write(audit::LogType::Auth, audit::Priority::Error, {}, why);
            handle_later(Event::LinkRefused, why);
          }};
}

/// What the bridge logs in by; nothing where it answers, or where the ssh_config names something.
Result<UniqueFd> Site::open_agent() {
  const auto* dial = profile_.dial();
  if (dial == nullptr || dial->identity.empty()) return UniqueFd{};
  const auto identity = read_identity(*dial);
  if (!identity) return identity.error();
  const auto kind = config::inspect_private_key(identity->reveal()).kind;
  if (dial->agent.empty() && kind == config::KeyKind::SecurityKey) return open_security_key(*dial);
  auto agent = DialAgent::make(context_.io, *dial, *identity, agent_observer());
  if (!agent) return agent.error();
  agent_ = std::move(*agent);
  return dial->client == config::SshClient::Libssh2
             ? agent_->connect()
             : agent_->open_door(context_.runtime_dir, bridge_->pid);
}

}  // namespace tunnel::supervisor
