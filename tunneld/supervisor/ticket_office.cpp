#include "tunneld/supervisor/ticket_office.hpp"

#include "tunneld/base/secret.hpp"

#include <chrono>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// The question is on its way when its asker connects.
constexpr auto kPatience = 2s;
/// Further ones wait in the socket's own queue.
constexpr std::size_t kMostVisitors = 64;

}  // namespace

struct TicketOffice::Visitor {
  Visitor(boost::asio::io_context& context, UniqueFd fd, pid_t process)
      : socket{context, fd.release()}, patience{context}, pid{process} {}

  boost::asio::posix::stream_descriptor socket;
  boost::asio::steady_timer patience;
  pid_t pid;
};

TicketOffice::TicketOffice(boost::asio::io_context& context, UniqueFd listening, uid_t owner,
                           OnWanted on_wanted)
    : context_{context},
      owner_{owner},
      on_wanted_{std::move(on_wanted)},
      acceptor_{context, std::move(listening),
                [this](UniqueFd socket) { admit(std::move(socket)); },
                [this] { return visitors_.size() < kMostVisitors; }} {}

void TicketOffice::admit(UniqueFd socket) {
  const auto peer = peer_credentials(socket.get());
  if (!peer || (peer->uid != 0 && peer->uid != owner_)) return;
  const auto visitor = std::make_shared<Visitor>(context_, std::move(socket), peer->pid);
  visitors_.insert(visitor);
  visitor->patience.expires_after(kPatience);
  visitor->patience.async_wait([this, visitor](const boost::system::error_code& error) {
    if (error) return;
    visitor->socket.close();
    visitors_.erase(visitor);
  });
  visitor->socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                             [this, visitor](const boost::system::error_code& error) {
                               if (error) return;
                               serve(visitor);
                               visitor->patience.cancel();
                               visitors_.erase(visitor);
                             });
}

void TicketOffice::serve(const std::shared_ptr<Visitor>& visitor) {
  const int socket = visitor->socket.native_handle();
  Datagram datagram;
  const auto status = receive_datagram(socket, ipc::kMaxTicketMessage, datagram);
  if (!status || *status != ReceiveStatus::Received) return;
  const auto wanted = ipc::decode_ticket_wanted(datagram.bytes);
  if (!wanted) return;
  auto answer = on_wanted_(visitor->pid, *wanted);
  auto octets = ipc::encode(answer);
  // He waits with nothing else in his socket; if he went, there is nobody to tell.
  static_cast<void>(send_datagram(socket, octets));
  wipe(octets);
  wipe(answer.ticket);
}

}  // namespace tunnel::supervisor
