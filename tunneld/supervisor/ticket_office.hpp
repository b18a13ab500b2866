#pragma once

#include "tunneld/base/unique_fd.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/ipc/ticket.hpp"
#include "tunneld/supervisor/acceptor.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <functional>
#include <memory>
#include <set>

namespace tunnel::supervisor {

/// ticket.sock: where sshd's AuthorizedKeysCommand asks for tickets. A socket of its own, since
/// strangers make sshd ask as often as they like: on control.sock they would keep out the
/// administrator. Only root and tunneld's own account, under which sshd runs the command, are let
/// in: by the socket's mode, and by SO_PEERCRED.
class TicketOffice {
 public:
  /// Answers who wants one. He waits for it, so his process is there.
  using OnWanted = std::function<ipc::TicketAnswer(pid_t who, const ipc::TicketWanted& wanted)>;

  TicketOffice(boost::asio::io_context& context, UniqueFd listening, uid_t owner,
               OnWanted on_wanted);

 private:
  struct Visitor;

  void admit(UniqueFd socket);
  void serve(const std::shared_ptr<Visitor>& visitor);

  boost::asio::io_context& context_;
  uid_t owner_;
  OnWanted on_wanted_;
  std::set<std::shared_ptr<Visitor>> visitors_;
  Acceptor acceptor_;
};

}  // namespace tunnel::supervisor
