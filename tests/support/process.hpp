#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {

using namespace std::chrono_literals;

using Limit = std::chrono::milliseconds;

/// Long enough for anything that works; a test that waits this long has failed.
inline constexpr Limit kPatience = 20s;

/// What was waited for did not come in time.
struct Timeout : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What an ended command left behind.
struct Finished {
  int status = -1;  // exit status, or 128 and the signal's number
  std::string out{};
  std::string err{};
};

/// Descriptors for a child, instead of /dev/null to read and pipes to print to. Not closed here.
struct Streams {
  int input = -1;
  int output = -1;
  std::vector<int> further{};  // to be 3, 4 and so on; above that many
};

/// A child of the test, which is killed with this object. What it prints is read line by line;
/// every wait throws when its limit has passed, with what was printed until then.
class Process {
 public:
  explicit Process(std::vector<std::string> command, Streams streams = {});
  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) = delete;
  ~Process();

  pid_t pid() const noexcept { return pid_; }

  /// The next line of standard output, without its end; nullopt when there will be none any more.
  std::optional<std::string> next_line(Limit limit = kPatience);
  /// The next line of standard output or error with this text in it.
  std::string wait_for(std::string_view text, Limit limit = kPatience);

  /// The `count`-th of all lines with this text that were printed since the start, taken or not.
  std::string wait_for_nth(std::string_view text, std::size_t count, Limit limit = kPatience);
  /// All that was printed since the start, taken or not: output, then errors.
  std::string printed();

  void signal(int number) const;
  /// Waits for the end, and takes all it printed that was not taken before.
  Finished finish(Limit limit = kPatience);

 private:
  struct Output {
    UniqueFd pipe{};
    std::string text{};  // not taken yet
    std::string all{};   // since the start
  };

  using Ready = std::function<bool()>;
  /// Takes output until `ready`, or until there is none any more (false).
  bool read_until(const Ready& ready, Limit limit, std::string_view what);
  static std::optional<std::string> take_line(Output& output);
  static void read(Output& output);
  int reap();

  std::string command_;  // for messages
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  Output out_;
  Output err_;
};

/// Runs a command to its end.
Finished run(std::vector<std::string> command, Limit limit = kPatience);

/// A process that need not be ours, held by a pidfd, so that no other one is ever meant.
class ProcessHandle {
 public:
  explicit ProcessHandle(pid_t pid);

  pid_t pid() const noexcept { return pid_; }

  void signal(int number) const;

  bool gone() const { return gone_within(0ms); }

  bool gone_within(Limit limit) const;
  /// SIGKILL, and waits for the end.
  void kill() const;

 private:
  pid_t pid_;
  UniqueFd pidfd_;
};

/// Its parent's process id.
pid_t parent_of(pid_t pid);
std::vector<pid_t> children_of(pid_t pid);
/// How many descriptors it has open.
std::size_t open_descriptors(pid_t pid);
/// 'R', 'S', 'T', 'Z' and so on (proc(5)).
char state_of(pid_t pid);

[[noreturn]] void fail_errno(const std::string& what);

/// Milliseconds from now until `end`, for poll(2); never negative.
int poll_time(std::chrono::steady_clock::time_point end);

}  // namespace tunnel::test
