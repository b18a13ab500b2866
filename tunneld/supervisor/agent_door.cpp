#include "tunneld/supervisor/agent_door.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <fcntl.h>
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

Result<std::unique_ptr<AgentDoor>> AgentDoor::open(boost::asio::io_context& context,
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
  return std::make_unique<AgentDoor>(context, std::move(*listener), std::move(handle));
}

AgentDoor::AgentDoor(boost::asio::io_context& context, UniqueFd listening, UniqueFd handle)
    : context_{context}, listening_{std::move(listening)}, handle_{std::move(handle)} {}

AgentDoor::~AgentDoor() {
  close();
}

void AgentDoor::wait_for_caller(OnCaller on_caller) {
  acceptor_.emplace(
      context_, std::move(listening_), [this, on_caller = std::move(on_caller)](UniqueFd socket) {
        const auto who = peer_credentials(socket.get());
        const bool admitted = who && on_caller(who->pid, socket) == Admission::Admitted;
        if (admitted || ++refused_ == kMostRefused) close();
      });
}

void AgentDoor::close() {
  if (acceptor_) acceptor_->close();
}

}  // namespace tunnel::supervisor
