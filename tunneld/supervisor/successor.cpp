#include "tunneld/supervisor/successor.hpp"

#include <fcntl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

namespace {

constexpr const char* kRunningProgram = "/proc/self/exe";

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&signals, number);
  return signals;
}

/// Gives them the numbers from SD_LISTEN_FDS_START on, and closes all behind.
Result<void> arrange(std::vector<LeftBehind::Each>& descriptors) {
  const auto first = SD_LISTEN_FDS_START;
  const auto end = first + static_cast<int>(descriptors.size());
  for (auto& each : descriptors) {  // out of each other's way
    UniqueFd moved{::fcntl(each.descriptor.get(), F_DUPFD_CLOEXEC, end)};
    if (!moved) return errno_error("duplicate a descriptor for the next tunneld");
    each.descriptor = std::move(moved);
  }
  int number = first;
  for (const auto& each : descriptors) {
    if (::dup2(each.descriptor.get(), number) < 0) return errno_error("renumber a descriptor");
    ++number;
  }
  for (auto& each : descriptors) static_cast<void>(each.descriptor.release());
  if (::close_range(static_cast<unsigned>(end), ~0U, 0) < 0) return errno_error("close the rest");
  return {};
}

void tell(const std::vector<LeftBehind::Each>& descriptors) {
  std::string names;
  for (const auto& each : descriptors) names += (names.empty() ? "" : ":") + each.name;
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", std::to_string(descriptors.size()).c_str(), 1);
  ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
}

}  // namespace

Result<Program> this_program(std::vector<std::string> arguments) {
  std::error_code error;
  auto path = std::filesystem::read_symlink(kRunningProgram, error);
  if (error) return Error{error, "find this program's file"};
  return Program{std::move(path), std::move(arguments)};
}

Error execute(const Program& program, std::vector<LeftBehind::Each> descriptors) {
  const auto signals = end_signals();
  if (::sigprocmask(SIG_BLOCK, &signals, nullptr) < 0) return errno_error("block signals");
  if (const auto arranged = arrange(descriptors); !arranged) return arranged.error();
  if (!descriptors.empty()) tell(descriptors);
  auto arguments = program.arguments;
  arguments.insert(arguments.begin(), program.path.native());
  std::vector<char*> pointers;
  for (auto& each : arguments) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  ::execv(program.path.c_str(), pointers.data());
  const auto why = errno_error("execute " + program.path.native());
  ::execv(kRunningProgram, pointers.data());
  return why;
}

void unblock_end_signals() {
  const auto signals = end_signals();
  ::sigprocmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace tunnel::supervisor
