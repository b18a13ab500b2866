#include "tunneld/ctl/subprocess.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace tunnel::ctl {

namespace {

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return errno_error("make a pipe");
  return Pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

/// A file in memory, so that nobody has to feed a pipe.
Result<UniqueFd> input_file(std::string_view input) {
  UniqueFd file{::memfd_create("input", MFD_CLOEXEC)};
  if (!file) return errno_error("make a file in memory");
  const auto written = ::write(file.get(), input.data(), input.size());
  if (written < 0 || static_cast<std::size_t>(written) != input.size()) {
    return errno_error("write a file in memory");
  }
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return errno_error("rewind a file in memory");
  return file;
}

/// The child gets no signal mask and no ignored signals of ours.
Result<pid_t> spawn(const std::vector<std::string>& arguments, int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid = -1;
  errno = ::posix_spawnp(&pid, argv[0], &actions, &attributes, argv.data(), environ);
  const auto error = errno;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  errno = error;
  if (error != 0) return errno_error("run " + arguments[0]);
  return pid;
}

/// Until the child, which alone has the other ends, closes both.
void read_both(const UniqueFd& out, const UniqueFd& err, Completed& completed) {
  std::array<pollfd, 2> watched{{{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}}};
  std::array<std::string*, 2> texts{&completed.output, &completed.errors};
  while (watched[0].fd >= 0 || watched[1].fd >= 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      std::array<char, 4096> chunk;
      const auto count = ::read(watched[i].fd, chunk.data(), chunk.size());
      if (count > 0) texts[i]->append(chunk.data(), static_cast<std::size_t>(count));
      if (count == 0 || (count < 0 && errno != EINTR)) watched[i].fd = -1;
    }
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Completed> run_program(const std::vector<std::string>& arguments, std::string_view input) {
  const auto in = input_file(input);
  if (!in) return in.error();
  auto out = make_pipe();
  if (!out) return out.error();
  auto err = make_pipe();
  if (!err) return err.error();
  const auto pid = spawn(arguments, in->get(), out->write_end.get(), err->write_end.get());
  if (!pid) return pid.error();
  out->write_end.reset();
  err->write_end.reset();
  Completed completed;
  read_both(out->read_end, err->read_end, completed);
  completed.status = wait_for(*pid);
  return completed;
}

}  // namespace tunnel::ctl
