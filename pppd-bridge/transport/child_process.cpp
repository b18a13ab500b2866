#include "pppd-bridge/transport/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace tunnel::transport {

namespace {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return errno_error("make a pipe");
  return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// For execve(2), which is not const-correct; it does not write through them.
std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const auto& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// The descriptors that a child is born with. The child's own ends must not be 0, 1 or 2 before
/// they are put there, for one would overwrite another: they are moved up first.
struct Streams {
  Pipe input;
  Pipe output;
  Pipe error;
  Pipe exec_failed;  // carries errno; closed by a successful execve
};

Result<Streams> make_streams() {
  std::array<Pipe, 4> pipes;
  for (auto& pipe : pipes) {
    auto made = make_pipe();
    if (!made) return made.error();
    for (auto* end : {&made->reader, &made->writer}) {
      if (end->get() > STDERR_FILENO) continue;
      auto higher = end->duplicate();
      if (!higher) return higher.error();
      *end = std::move(*higher);
    }
    pipe = std::move(*made);
  }
  return Streams{std::move(pipes[0]), std::move(pipes[1]), std::move(pipes[2]),
                 std::move(pipes[3])};
}

/// Between fork and exec: system calls only.
[[noreturn]] void become(const Streams& streams, char* const* arguments, char* const* environment,
                         pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(streams.input.reader.get(), STDIN_FILENO);
  ::dup2(streams.output.writer.get(), STDOUT_FILENO);
  ::dup2(streams.error.writer.get(), STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(arguments[0], arguments, environment);
  const int error = errno;
  const auto told = ::write(streams.exec_failed.writer.get(), &error, sizeof error);
  ::_exit(told == sizeof error ? 127 : 126);
}

/// errno of a failed execve, or 0; waits until either is known.
int exec_error(int reader) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(reader, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof error) ? error : 0;
}

}  // namespace

std::string ChildExit::str() const {
  if (status) return "exited with status " + std::to_string(*status);
  if (!signal) return "ended";
  return "was killed by signal " + std::to_string(*signal) + " (" + ::strsignal(*signal) + ")";
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& environment) {
  auto streams = make_streams();
  if (!streams) return streams.error();
  const auto argument_pointers = pointers(arguments);
  const auto environment_pointers = pointers(environment);
  const auto parent = ::getpid();
  ChildProcess child;
  child.pid_ = ::fork();
  if (child.pid_ < 0) return errno_error("fork");
  if (child.pid_ == 0) {
    become(*streams, argument_pointers.data(), environment_pointers.data(), parent);
  }
  streams->exec_failed.writer.reset();
  if (const int error = exec_error(streams->exec_failed.reader.get()); error != 0) {
    errno = error;
    return errno_error("execute " + arguments[0]);
  }
  child.pidfd_ = UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, child.pid_, 0))};
  if (!child.pidfd_) return errno_error("open the pidfd of " + arguments[0]);
  child.input_ = std::move(streams->input.writer);
  child.output_ = std::move(streams->output.reader);
  child.error_ = std::move(streams->error.reader);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)},
      pidfd_{std::move(other.pidfd_)},
      input_{std::move(other.input_)},
      output_{std::move(other.output_)},
      error_{std::move(other.error_)},
      exit_{other.exit_} {}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0 || exit_) return;
  // Its group as well: `ssh` may have started a proxy command.
  ::kill(-pid_, SIGKILL);
  ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

std::optional<ChildExit> ChildProcess::poll_exit() noexcept {
  if (exit_ || pid_ <= 0) return exit_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  exit_.emplace();
  if (WIFEXITED(status)) exit_->status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit_->signal = WTERMSIG(status);
  return exit_;
}

}  // namespace tunnel::transport
