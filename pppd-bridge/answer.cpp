// `pppd-bridge answer SITE`: started by sshd as a forced command, with the SSH channel as standard
// input and output. What it prints on standard error reaches the dialling gateway's log.

#include "pppd-bridge/modes.hpp"
#include "pppd-bridge/sandbox/powers.hpp"
#include "pppd-bridge/session/supervised.hpp"
#include "pppd-bridge/transport/stdio_transport.hpp"
#include "tunneld/base/escape.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

namespace tunnel::bridge {

namespace {

using namespace std::chrono_literals;

constexpr auto kSettingsPatience = 5s;

/// sshd's own word on where the session comes from: "ADDRESS PORT OURADDRESS OURPORT".
std::string peer_from_sshd() {
  const char* connection = std::getenv("SSH_CONNECTION");
  std::istringstream words{connection == nullptr ? "" : connection};
  std::string address;
  std::string port;
  if (!(words >> address >> port)) return "unknown";
  return escape_text(fmt::format("{} port {}", address, port), 80);
}

Result<session::Supervised> claim_site(const AnswerOptions& options) {
  auto socket = connect_unix(options.socket, SocketKind::SeqPacket);
  if (!socket) {
    return make_error(std::errc::connection_refused,
                      fmt::format("tunneld is not running on this gateway ({}); its administrator "
                                  "starts it with `systemctl start tunneld`",
                                  socket.error().message()));
  }
  session::Supervised supervised;
  supervised.channel = session::SupervisorChannel{std::move(*socket)};
  supervised.role = ipc::Role::Answer;
  supervised.peer = peer_from_sshd();
  supervised.key = options.key;
  supervised.channel.send(
      ipc::Claim{ipc::kVersion, options.site, supervised.peer, supervised.key, options.ticket});
  auto answer = session::wait_for_settings(supervised, kSettingsPatience);
  if (!answer) return answer.error();
  if (const auto* refused = std::get_if<ipc::Refused>(&answer->message)) {
    return make_error(std::errc::permission_denied, refused->reason);
  }
  if (const auto taken = session::take_over(supervised, options.site, std::move(*answer)); !taken) {
    return taken.error();
  }
  return supervised;
}

}  // namespace

int run_answer(const AnswerOptions& options) {
  if (const auto checked = sandbox::require_no_powers(); !checked) {
    return complain(checked.error());
  }
  if (const auto done = sandbox::give_up_growth(); !done) return complain(done.error());
  if (const auto done = sandbox::hide_from_others(); !done) return complain(done.error());
  auto supervised = claim_site(options);
  if (!supervised) return complain(supervised.error());
  auto transport = transport::stdio_transport(UniqueFd{STDIN_FILENO}, UniqueFd{STDOUT_FILENO});
  if (!transport) return complain(transport.error());
  const auto outcome = run_supervised(std::move(*supervised), std::move(*transport));
  return outcome == session::Outcome::Closed ? kExitSuccess : kExitFailure;
}

}  // namespace tunnel::bridge
