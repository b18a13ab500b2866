#include "tests/ctl/program.hpp"

#include "tunneld/base/check.hpp"

#include <boost/asio/buffer.hpp>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <pty.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <utility>

namespace tunnel::ctl {

namespace asio = boost::asio;

/// One end of a pipe or terminal; shared with the read that is under way.
struct Program::Stream {
  asio::posix::stream_descriptor descriptor;
  std::string* text;  // nullptr: nobody wants it any more
  std::array<char, 4096> chunk{};
  bool open = true;
};

namespace {

struct Ends {
  UniqueFd ours;
  UniqueFd theirs;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  TUNNEL_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

Ends make_terminal() {
  int ours = -1;
  int theirs = -1;
  const winsize size{.ws_row = 12, .ws_col = 60, .ws_xpixel = 0, .ws_ypixel = 0};
  TUNNEL_CHECK(::openpty(&ours, &theirs, nullptr, nullptr, &size) == 0);
  ::fcntl(ours, F_SETFD, FD_CLOEXEC);
  ::fcntl(theirs, F_SETFD, FD_CLOEXEC);
  return {UniqueFd{ours}, UniqueFd{theirs}};
}

Ends make_output(StandardOutput kind) {
  switch (kind) {
    case StandardOutput::Pipe:
      return make_pipe();
    case StandardOutput::Terminal:
      return make_terminal();
    case StandardOutput::FullDisk: {
      auto ends = make_pipe();  // of which ours says only that it has ended
      return {std::move(ends.ours), UniqueFd{::open("/dev/full", O_WRONLY | O_CLOEXEC)}};
    }
  }
  return {};
}

pid_t spawn(const std::string& program, const std::vector<std::string>& arguments, int out,
            int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, err, 2);
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string zone = "TZ=UTC";
  std::string path = "PATH=/usr/bin:/bin";
  std::array<char*, 3> environment{zone.data(), path.data(), nullptr};
  pid_t pid = -1;
  EXPECT_EQ(::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environment.data()), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

}  // namespace

Program::Program(asio::io_context& loop, std::vector<std::string> arguments, StandardOutput kind,
                 const std::string& program)
    : loop_{loop} {
  auto out_ends = make_output(kind);
  auto err_ends = make_pipe();
  pid_ = spawn(program, arguments, out_ends.theirs.get(), err_ends.theirs.get());
  using Descriptor = asio::posix::stream_descriptor;
  out_stream_ = std::make_shared<Stream>(Stream{Descriptor{loop, out_ends.ours.release()}, &out});
  err_stream_ = std::make_shared<Stream>(Stream{Descriptor{loop, err_ends.ours.release()}, &err});
  read(out_stream_);
  read(err_stream_);
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  TUNNEL_CHECK(pidfd >= 0);
  exit_ = std::make_unique<Descriptor>(loop, pidfd);
  await_exit();
}

Program::~Program() {
  out_stream_->text = nullptr;
  err_stream_->text = nullptr;
  if (status_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::read(const std::shared_ptr<Stream>& stream) {
  stream->descriptor.async_read_some(
      asio::buffer(stream->chunk),
      [this, stream](const boost::system::error_code& error, std::size_t count) {
        if (error || stream->text == nullptr) {  // the end; of a terminal, that is EIO
          stream->open = false;
          return;
        }
        stream->text->append(stream->chunk.data(), count);
        read(stream);
      });
}

void Program::await_exit() {
  exit_->async_wait(asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& error) {
                      if (error) return;
                      int status = 0;
                      // asio may hand on an event that a closed descriptor left behind.
                      if (::waitpid(pid_, &status, WNOHANG) == 0) return await_exit();
                      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
                    });
}

void Program::until(const std::function<bool()>& condition) {
  while (!condition()) {
    loop_.restart();  // it stops when an earlier program was all it had to do
    ASSERT_NE(loop_.run_one_for(std::chrono::seconds{30}), 0u)
        << "nothing happens; so far it printed\n"
        << out << err;
    const bool ended = status_ && !out_stream_->open && !err_stream_->open;
    if (ended && !condition()) FAIL() << "it has ended, and printed\n" << out << err;
  }
}

void Program::until_output(const std::string& text) {
  until([&] { return out.find(text) != std::string::npos; });
}

int Program::finish() {
  until([&] { return status_ && !out_stream_->open && !err_stream_->open; });
  return status_.value_or(-1);
}

void Program::signal(int number) const {
  ::kill(pid_, number);
}

void Program::hang_up() {
  out_stream_->text = nullptr;
  out_stream_->descriptor.close();
}

}  // namespace tunnel::ctl
