#include "tunneld/ctl/ticket.hpp"

#include "tunneld/base/hex.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/ipc/ticket.hpp"

#include <poll.h>

namespace tunnel::ctl {

namespace {

constexpr int kPatienceMilliseconds = 3000;

}  // namespace

Result<std::string> ask_for_ticket(const std::filesystem::path& socket,
                                   const std::optional<SiteName>& site,
                                   const std::string& fingerprint) {
  const auto connected = connect_unix(socket, SocketKind::SeqPacket);
  if (!connected) return connected.error();
  const auto asked = send_datagram(
      connected->get(), ipc::encode(ipc::TicketWanted{ipc::kVersion, site, fingerprint}));
  if (!asked) return asked.error();
  pollfd waiting{connected->get(), POLLIN, 0};
  if (::poll(&waiting, 1, kPatienceMilliseconds) != 1) {
    return make_error(std::errc::timed_out, "tunneld does not answer on " + socket.native());
  }
  Datagram datagram;
  const auto status = receive_datagram(connected->get(), ipc::kMaxTicketMessage, datagram);
  if (!status) return status.error();
  auto answer = ipc::decode_ticket_answer(datagram.bytes);
  wipe(datagram.bytes);
  if (!answer) {
    return make_error(std::errc::protocol_error, "tunneld hung up on " + socket.native());
  }
  if (answer->ticket.empty()) return make_error(std::errc::permission_denied, answer->reason);
  auto digits = to_hex(answer->ticket);
  wipe(answer->ticket);
  return digits;
}

}  // namespace tunnel::ctl
