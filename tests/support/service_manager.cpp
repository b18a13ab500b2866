#include "tests/support/service_manager.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace {

using Clock = std::chrono::steady_clock;

/// How long tunneld may go on to say that it is well.
constexpr Limit kWell = 60s;

constexpr auto kUnit = TUNNEL_SOURCE_DIR "/rc/tunneld.service.in";

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

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string value_of(const std::vector<std::string>& lines, std::string_view key) {
  for (const auto& line : lines) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ":") + name;
  return text;
}

}  // namespace

ServiceManager::ServiceManager(const World& world, std::string gateway, Limit watchdog,
                               std::size_t descriptors)
    : world_{world},
      gateway_{std::move(gateway)},
      watchdog_{watchdog},
      descriptors_{descriptors},
      folder_{make_folder()},
      socket_{listen_at(folder_ / "notify")},
      stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      thread_{[this] { work(); }} {}

ServiceManager::~ServiceManager() {
  ::eventfd_write(stop_.get(), 1);
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::filesystem::path ServiceManager::log() const {
  return world_.folder() / "nodes" / gateway_ / "tunneld.log";
}

std::vector<std::string> ServiceManager::command() const {
  const auto microseconds = std::chrono::microseconds{watchdog_}.count();
  std::vector<std::string> command{"env", "NOTIFY_SOCKET=" + (folder_ / "notify").native(),
                                   "WATCHDOG_USEC=" + std::to_string(microseconds)};
  if (!store_.empty() || lie_) {
    command.push_back("LISTEN_FDS=" + (lie_ ? lie_->first : std::to_string(store_.size())));
    std::vector<std::string> all;
    for (const auto& each : store_) all.push_back(each.name);
    command.push_back("LISTEN_FDNAMES=" + (lie_ ? lie_->second : joined(all)));
  }
  if (descriptors_ > 0) {
    command.insert(command.end(), {"prlimit", "--nofile=" + std::to_string(descriptors_)});
  }
  // Not into a pipe of ours, which its bridges would hold open when it has ended.
  command.insert(command.end(),
                 {"sh", "-c", "export LISTEN_PID=$$; exec tunneld >>\"$0\" 2>&1", log().native()});
  return command;
}

void ServiceManager::start() {
  {
    const std::lock_guard lock{mutex_};
    assignments_.clear();
    Streams streams;
    // Above the numbers that they get.
    std::vector<UniqueFd> copies;
    for (const auto& each : store_) {
      copies.emplace_back(::fcntl(each.descriptor.get(), F_DUPFD_CLOEXEC, 100));
      streams.further.push_back(copies.back().get());
    }
    tunneld_.emplace(world_.spawn(gateway_, command(), streams));
    lie_.reset();
  }
  // Where the tests look for it.
  std::ofstream{world_.folder() / "nodes" / gateway_ / "tunneld.pid"} << tunneld_->pid() << '\n';
  wait_for_message("READY=1");
}

int ServiceManager::end(int number) {
  tunneld_->signal(number);
  return tunneld_->finish().status;
}

void ServiceManager::work() {
  for (;;) {
    std::array<pollfd, 2> waiting{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    receive();
  }
}

void ServiceManager::receive() {
  std::array<char, 4096> text{};
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 16)> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const auto size = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return;
  std::vector<UniqueFd> descriptors;
  for (auto* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t i = 0; i < (each->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(each) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(descriptor);
    }
  }
  take({text.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
}

void ServiceManager::take(std::string_view message, std::vector<UniqueFd> descriptors) {
  const auto lines = lines_of(message);
  const auto has = [&](std::string_view line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  const auto name = value_of(lines, "FDNAME=");
  const std::lock_guard lock{mutex_};
  if (has("WATCHDOG=1")) well_ = Clock::now();
  if (has("FDSTORE=1")) {
    for (auto& each : descriptors) store_.push_back({name, std::move(each)});
  }
  if (has("FDSTOREREMOVE=1")) {
    std::erase_if(store_, [&](const Kept& each) { return each.name == name; });
  }
  assignments_.insert(assignments_.end(), lines.begin(), lines.end());
  progress_.notify_all();
}

void ServiceManager::wait(const std::function<bool()>& ready, std::string_view what) {
  std::unique_lock lock{mutex_};
  if (progress_.wait_for(lock, kPatience, ready)) return;
  throw Timeout{std::string{what} + "; it keeps " + joined(names()) + "; what tunneld said is in " +
                log().native() + ": " + last_words()};
}

void ServiceManager::wait_for_message(std::string_view assignment, std::size_t count) {
  wait(
      [&] {
        return static_cast<std::size_t>(
                   std::count(assignments_.begin(), assignments_.end(), assignment)) >= count;
      },
      "tunneld does not say " + std::string{assignment});
}

std::string ServiceManager::last_words() const {
  std::ifstream file{log()};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return text.substr(text.size() - std::min(text.size(), std::size_t{4000}));
}

std::vector<std::string> ServiceManager::names() const {
  std::vector<std::string> all;
  for (const auto& each : store_) all.push_back(each.name);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::string> ServiceManager::kept() {
  const std::lock_guard lock{mutex_};
  return names();
}

void ServiceManager::wait_until_kept(const std::vector<std::string>& wanted) {
  wait([&] { return names() == wanted; }, "it does not keep just " + joined(wanted));
}

void ServiceManager::plant(std::string name, UniqueFd descriptor) {
  const std::lock_guard lock{mutex_};
  store_.insert(store_.begin(), {std::move(name), std::move(descriptor)});
}

void ServiceManager::lie(std::string count, std::string names) {
  lie_.emplace(std::move(count), std::move(names));
}

void ServiceManager::wait_for_the_watchdog() {
  {
    std::unique_lock lock{mutex_};
    well_ = Clock::now();
    const auto end = well_ + kWell;
    while (Clock::now() < well_ + watchdog_) {
      progress_.wait_until(lock, well_ + watchdog_);
      if (Clock::now() > end) throw std::runtime_error{"tunneld is well"};
    }
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

int restart_signal() {
  std::ifstream unit{kUnit};
  constexpr std::string_view kKey = "RestartKillSignal=SIG";
  for (std::string line; std::getline(unit, line);) {
    if (!line.starts_with(kKey)) continue;
    for (int number = 1; number < NSIG; ++number) {
      const auto* name = ::sigabbrev_np(number);
      if (name != nullptr && line.substr(kKey.size()) == name) return number;
    }
  }
  throw std::runtime_error{"the unit names no signal to restart tunneld by"};
}

}  // namespace tunnel::test
