#include "tunneld/supervisor/agent_door.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>

namespace tunnel::supervisor {

namespace {

/// A ProxyJump's own ssh finds the same agent in its environment: a few may have to be refused.
constexpr unsigned kMostRefused = 16;

/// It is there for a moment, of one daemon with one thread: the name need not be new.
constexpr const char* kName = "agent.sock";

}  // namespace

pid_t parent_of(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; status >> word;) {
    pid_t parent = 0;
    if (word == "PPid:" && status >> parent) return parent;
  }
  return 0;
}

Result<std::shared_ptr<AgentDoor>> AgentDoor::open(boost::asio::io_context& context,
                                                   const std::filesystem::path& folder) {
  const auto path = folder / kName;
  ::unlink(path.c_str());  // of a daemon that was killed at this very moment, if anybody's
  auto listener = listen_unix(path, SocketKind::Stream, 0);  // nobody connects by this name
  if (!listener) return listener.error();
  UniqueFd handle{::open(path.c_str(), O_PATH | O_CLOEXEC | O_NOFOLLOW)};
  const auto opened = handle ? Result<void>{} : Result<void>{errno_error("open " + path.native())};
  if (::unlink(path.c_str()) < 0) return errno_error("remove " + path.native());
  if (!opened) return opened.error();
  // fchmod() takes no descriptor with O_PATH. It is only reached through the handle now.
  const auto itself = "/proc/self/fd/" + std::to_string(handle.get());
  if (::chmod(itself.c_str(), 0666) < 0) return errno_error("open the agent's socket to a bridge");
  return std::make_shared<AgentDoor>(context, std::move(*listener), std::move(handle));
}

AgentDoor::AgentDoor(boost::asio::io_context& context, UniqueFd listener, UniqueFd handle)
    : listener_{context, listener.release()}, handle_{std::move(handle)} {}

void AgentDoor::wait_for_caller(OnCaller on_caller) {
  on_caller_ = std::move(on_caller);
  wait();
}

void AgentDoor::close() {
  on_caller_ = nullptr;
  // For all who may have a copy of it, such as a child that is about to execute a program.
  if (listener_.is_open()) ::shutdown(listener_.native_handle(), SHUT_RDWR);
  boost::system::error_code ignored;
  listener_.close(ignored);
}

void AgentDoor::wait() {
  listener_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                         if (!error) self->accept();
                       });
}

void AgentDoor::accept() {
  UniqueFd socket{
      ::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!socket) return wait();
  const auto who = peer_credentials(socket.get());
  const auto on_caller = on_caller_;
  if (who && on_caller(who->pid, socket) == Admission::Admitted) return close();
  if (++refused_ == kMostRefused) return close();
  wait();
}

}  // namespace tunnel::supervisor
