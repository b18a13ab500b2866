#include "tests/faults/service_manager.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace {

using Clock = std::chrono::steady_clock;

/// How long tunneld may go on to say that it is well.
constexpr Limit kWell = 60s;

UniqueFd listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof address.sun_path - 1);
  UniqueFd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const void* generic = &address;
  if (!socket || ::bind(socket.get(), static_cast<const sockaddr*>(generic), sizeof address) < 0 ||
      ::chmod(path.c_str(), 0666) < 0) {
    fail_errno("listen at " + path.native());
  }
  return socket;
}

/// In a folder that a program without root can reach.
std::filesystem::path make_folder() {
  std::string path = "/run/manager.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr || ::chmod(path.c_str(), 0711) < 0) {
    fail_errno("make a folder in /run");
  }
  return path;
}

}  // namespace

ServiceManager::ServiceManager(const World& world, std::string gateway, Limit watchdog,
                               std::size_t descriptors)
    : world_{world},
      gateway_{std::move(gateway)},
      watchdog_{watchdog},
      descriptors_{descriptors},
      folder_{make_folder()},
      socket_{listen_at(folder_ / "notify")} {}

ServiceManager::~ServiceManager() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ServiceManager::start() {
  const auto microseconds = std::chrono::microseconds{watchdog_}.count();
  std::vector<std::string> command{"env", "NOTIFY_SOCKET=" + (folder_ / "notify").native(),
                                   "WATCHDOG_USEC=" + std::to_string(microseconds)};
  if (descriptors_ > 0) {
    command.insert(command.end(), {"prlimit", "--nofile=" + std::to_string(descriptors_)});
  }
  command.emplace_back("tunneld");
  tunneld_.emplace(world_.spawn(gateway_, command));
  // Where the tests look for it.
  std::ofstream{world_.folder() / "nodes" / gateway_ / "tunneld.pid"} << tunneld_->pid() << '\n';
  const auto end = Clock::now() + kPatience;
  while (const auto message = receive(Limit{poll_time(end)})) {
    if (message->find("READY=1") != std::string::npos) return;
  }
  throw std::runtime_error{"tunneld does not become ready: " + tunneld_->printed()};
}

std::optional<std::string> ServiceManager::receive(Limit limit) const {
  pollfd waiting{socket_.get(), POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(limit.count())) != 1) return std::nullopt;
  std::array<char, 4096> text{};
  const auto size = ::recv(socket_.get(), text.data(), text.size(), 0);
  return std::string{text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
}

void ServiceManager::wait_for_the_watchdog() {
  const auto end = Clock::now() + kWell;
  auto deadline = Clock::now() + watchdog_;
  while (const auto message = receive(Limit{poll_time(deadline)})) {
    if (message->find("WATCHDOG=1") != std::string::npos) deadline = Clock::now() + watchdog_;
    if (Clock::now() > end) throw std::runtime_error{"tunneld is well"};
  }
  tunneld_->signal(SIGABRT);
  tunneld_->signal(SIGCONT);
  if (tunneld_->finish().status != 128 + SIGABRT) {
    throw std::runtime_error{"tunneld did not end by SIGABRT"};
  }
}

void ServiceManager::restart_after(Limit pause, NumberedStream& clock) {
  clock.let_pass(pause);
  start();
}

}  // namespace tunnel::test
