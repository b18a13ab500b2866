#include "tunneld/supervisor/processes.hpp"

#include <fmt/format.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

namespace tunnel::supervisor {

namespace {

/// sshd's session and its shell are three; whatever has more generations is none of those.
constexpr std::size_t kMostGenerations = 16;

#ifdef SO_PEERPIDFD
constexpr int kPeerPidfd = SO_PEERPIDFD;
#else
constexpr int kPeerPidfd = 77;  // Linux 6.5; Debian 12's headers are older
#endif

/// proc_pid_stat(5) counts from 1; these from the state, which is field 3.
constexpr std::size_t kParentField = 4 - 3;
constexpr std::size_t kStartField = 22 - 3;

template <typename Number>
std::optional<Number> number_in(std::string_view text) noexcept {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::array<std::string_view, kStartField + 1> fields_of(std::string_view text) noexcept {
  std::array<std::string_view, kStartField + 1> fields{};
  for (auto& field : fields) {
    text.remove_prefix(std::min(text.find_first_not_of(" \n"), text.size()));
    field = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(field.size());
  }
  return fields;
}

}  // namespace

std::optional<ProcessFacts> parse_process_stat(std::string_view stat) noexcept {
  const auto pid = number_in<pid_t>(stat.substr(0, stat.find(' ')));
  const auto end_of_name = stat.rfind(')');
  if (!pid || end_of_name == stat.npos) return std::nullopt;
  const auto fields = fields_of(stat.substr(end_of_name + 1));
  const auto parent = number_in<pid_t>(fields[kParentField]);
  const auto started = number_in<std::uint64_t>(fields[kStartField]);
  if (!parent || !started) return std::nullopt;
  return ProcessFacts{.mark = {.pid = *pid, .started = *started}, .parent = *parent};
}

std::optional<ProcessFacts> read_process(pid_t pid) {
  std::ifstream file{fmt::format("/proc/{}/stat", pid)};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  return parse_process_stat(text);
}

std::optional<uid_t> user_of(pid_t pid) {
  std::ifstream status{fmt::format("/proc/{}/status", pid)};
  for (std::string word; status >> word;) {
    if (word != "Uid:") continue;
    uid_t user = 0;
    if (status >> user) return user;
  }
  return std::nullopt;
}

bool runs(const ProcessMark& process) {
  const auto there = read_process(process.pid);
  return there && there->mark == process;
}

std::vector<ProcessMark> ancestry(pid_t pid) {
  std::vector<ProcessMark> line;
  for (auto at = read_process(pid); at && line.size() < kMostGenerations;
       at = read_process(at->parent)) {
    // Nobody is older than his parents: that one died just now, and its number is another's.
    if (!line.empty() && at->mark.started > line.back().started) break;
    line.push_back(at->mark);
    if (at->parent <= 1) break;
  }
  return line;
}

std::optional<ProcessMark> session_process(std::span<const Relative> line, uid_t user) noexcept {
  const auto monitor = std::find_if(line.begin(), line.end(),
                                    [](const Relative& each) { return each.user == uid_t{0}; });
  // Who asks is no session of his own.
  if (monitor == line.end() || monitor - line.begin() < 2) return std::nullopt;
  const auto& below = *(monitor - 1);
  return below.user == user ? std::optional{below.mark} : std::nullopt;
}

std::optional<ProcessMark> session_process(pid_t pid, uid_t user) {
  std::vector<Relative> line;
  for (const auto& mark : ancestry(pid)) {
    const auto whose = user_of(mark.pid);
    if (!whose) break;
    line.push_back({mark, *whose});
  }
  return session_process(line, user);
}

UniqueFd open_process(const ProcessMark& process) {
  UniqueFd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0))};
  // Seen after it was opened, it was there all the while: the number was not another's.
  return runs(process) ? std::move(pidfd) : UniqueFd{};
}

UniqueFd peer_process(int socket, pid_t pid) {
  int pidfd = -1;
  socklen_t length = sizeof pidfd;
  if (::getsockopt(socket, SOL_SOCKET, kPeerPidfd, &pidfd, &length) == 0) return UniqueFd{pidfd};
  if (errno != ENOPROTOOPT) return UniqueFd{};
  return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

UniqueFd open_child(pid_t pid) {
  return UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

bool is_child(const UniqueFd& pidfd) {
  siginfo_t ignored{};
  return ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &ignored, WEXITED | WNOHANG | WNOWAIT) ==
         0;
}

void reap_child(const UniqueFd& pidfd) {
  siginfo_t ignored{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &ignored, WEXITED | WNOHANG);
}

bool runs(const UniqueFd& pidfd) {
  pollfd ended{pidfd.get(), POLLIN, 0};
  return pidfd && ::poll(&ended, 1, 0) == 0;
}

void kill_process(const UniqueFd& pidfd) {
  if (!pidfd) return;
  static_cast<void>(::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0));
}

void end_process(int pidfd) {
  static_cast<void>(::syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, nullptr, 0));
}

}  // namespace tunnel::supervisor
