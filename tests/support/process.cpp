#include "tests/support/process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tunnel::test {

namespace {

using Clock = std::chrono::steady_clock;

UniqueFd open_pidfd(pid_t pid) {
  UniqueFd fd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!fd) fail_errno("open a handle of process " + std::to_string(pid));
  return fd;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) fail_errno("make a pipe");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

UniqueFd open_null() {
  return UniqueFd{::open("/dev/null", O_RDWR | O_CLOEXEC)};
}

/// Between fork and exec: only what is safe there.
[[noreturn]] void become(char* const* arguments, int in, int out, int err,
                         const std::vector<int>& further) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  int number = STDERR_FILENO;
  for (const int each : further) ::dup2(each, ++number);
  // What the test was started with is nobody's business.
  ::close_range(static_cast<unsigned>(number) + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvp(arguments[0], arguments);
  ::_exit(127);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Whole lines of it, without their ends.
std::vector<std::string> lines_with(std::string_view text, std::string_view printed) {
  std::vector<std::string> found;
  for (auto end = printed.find('\n'); end != std::string_view::npos; end = printed.find('\n')) {
    const auto line = printed.substr(0, end);
    if (line.find(text) != std::string_view::npos) found.emplace_back(line);
    printed.remove_prefix(end + 1);
  }
  return found;
}

/// The fields of /proc/PID/stat behind the program's name.
std::istringstream stat_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) {
    throw std::runtime_error{"process " + std::to_string(pid) + " is gone"};
  }
  return std::istringstream{text.substr(name_end + 1)};
}

}  // namespace

void fail_errno(const std::string& what) {
  throw std::system_error{errno, std::system_category(), what};
}

int poll_time(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::max<std::int64_t>(left, 0));
}

Process::Process(std::vector<std::string> command, Streams streams) : command_{joined(command)} {
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto null = open_null();
  auto err = make_pipe();
  auto out = streams.output < 0 ? make_pipe() : Pipe{};
  pid_ = ::fork();
  if (pid_ < 0) fail_errno("fork");
  if (pid_ == 0) {
    become(arguments.data(), streams.input < 0 ? null.get() : streams.input,
           streams.output < 0 ? out.write.get() : streams.output, err.write.get(), streams.further);
  }
  pidfd_ = open_pidfd(pid_);
  out_.pipe = std::move(out.read);
  err_.pipe = std::move(err.read);
}

Process::~Process() {
  if (!pidfd_) return;
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  ::waitpid(pid_, nullptr, 0);
}

void Process::read(Output& output) {
  std::array<char, 65536> chunk;
  const auto got = ::read(output.pipe.get(), chunk.data(), chunk.size());
  if (got > 0) {
    output.text.append(chunk.data(), static_cast<std::size_t>(got));
    output.all.append(chunk.data(), static_cast<std::size_t>(got));
  } else {
    output.pipe.reset();
  }
}

bool Process::read_until(const Ready& ready, Limit limit, std::string_view what) {
  const auto end = Clock::now() + limit;
  while (!ready()) {
    if (!out_.pipe && !err_.pipe) return false;
    std::array<pollfd, 2> waiting{{{out_.pipe.get(), POLLIN, 0}, {err_.pipe.get(), POLLIN, 0}}};
    const auto count = ::poll(waiting.data(), waiting.size(), poll_time(end));
    if (count < 0 && errno != EINTR) fail_errno("poll");
    if (waiting[0].revents != 0) read(out_);
    if (waiting[1].revents != 0) read(err_);
    if (count == 0 && Clock::now() >= end) {
      throw Timeout{command_ + ": waited " + std::to_string(limit.count()) + " ms for " +
                    std::string{what} + ", and there was only: " + out_.text + err_.text};
    }
  }
  return true;
}

std::optional<std::string> Process::take_line(Output& output) {
  const auto end = output.text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  auto line = output.text.substr(0, end);
  output.text.erase(0, end + 1);
  return line;
}

std::optional<std::string> Process::next_line(Limit limit) {
  std::optional<std::string> line;
  static_cast<void>(read_until(
      [&] {
        line = take_line(out_);
        return line || !out_.pipe;
      },
      limit, "a line"));
  return line;
}

std::string Process::wait_for(std::string_view text, Limit limit) {
  std::string seen;
  std::optional<std::string> found;
  const auto look = [&](Output& output) {
    while (!found) {
      auto line = take_line(output);
      if (!line) return false;
      if (line->find(text) != std::string::npos) found = std::move(line);
      if (!found) seen += *line + '\n';
    }
    return true;
  };
  if (!read_until([&] { return look(out_) || look(err_); }, limit, text)) {
    throw std::runtime_error{command_ + " ended before it printed \"" + std::string{text} +
                             "\", but with: " + seen + out_.text + err_.text};
  }
  return *found;
}

std::string Process::wait_for_nth(std::string_view text, std::size_t count, Limit limit) {
  std::vector<std::string> found;
  const auto enough = [&] {
    found = lines_with(text, out_.all);
    const auto more = lines_with(text, err_.all);
    found.insert(found.end(), more.begin(), more.end());
    return found.size() >= count;
  };
  if (!read_until(enough, limit, text)) {
    throw std::runtime_error{command_ + " ended before it printed \"" + std::string{text} + "\" " +
                             std::to_string(count) + " times, but with: " + out_.all + err_.all};
  }
  return found[count - 1];
}

std::string Process::printed() {
  for (auto* output : {&out_, &err_}) {
    pollfd waiting{output->pipe.get(), POLLIN, 0};
    while (output->pipe && ::poll(&waiting, 1, 0) == 1) read(*output);
  }
  return out_.all + err_.all;
}

void Process::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) < 0) {
    fail_errno("signal " + command_);
  }
}

int Process::reap() {
  int status = 0;
  if (::waitpid(pid_, &status, 0) < 0) fail_errno("wait for " + command_);
  pidfd_.reset();
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Finished Process::finish(Limit limit) {
  static_cast<void>(read_until([] { return false; }, limit, "its end"));
  return {reap(), std::exchange(out_.text, {}), std::exchange(err_.text, {})};
}

Finished run(std::vector<std::string> command, Limit limit) {
  return Process{std::move(command)}.finish(limit);
}

ProcessHandle::ProcessHandle(pid_t pid) : pid_{pid}, pidfd_{open_pidfd(pid)} {}

void ProcessHandle::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) < 0) {
    fail_errno("signal process " + std::to_string(pid_));
  }
}

bool ProcessHandle::gone_within(Limit limit) const {
  pollfd waiting{pidfd_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(limit.count())) == 1;
}

void ProcessHandle::kill() const {
  signal(SIGKILL);
  if (!gone_within(kPatience)) {
    throw std::runtime_error{"process " + std::to_string(pid_) + " does not go"};
  }
}

pid_t parent_of(pid_t pid) {
  auto fields = stat_of(pid);
  char state = 0;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

char state_of(pid_t pid) {
  auto fields = stat_of(pid);
  char state = 0;
  fields >> state;
  return state;
}

std::vector<pid_t> children_of(pid_t pid) {
  const auto task = std::to_string(pid);
  std::ifstream file{"/proc/" + task + "/task/" + task + "/children"};
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

std::size_t open_descriptors(pid_t pid) {
  const std::filesystem::directory_iterator begin{"/proc/" + std::to_string(pid) + "/fd"};
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator{}));
}

}  // namespace tunnel::test
