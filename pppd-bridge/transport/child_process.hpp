#pragma once

#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::transport {

/// How a child ended.
struct ChildExit {
  std::optional<int> status;  // of exit(3)
  std::optional<int> signal;

  /// "exited with status 255", "was killed by signal 9 (Killed)".
  std::string str() const;
};

/// A program of our own starting, with pipes for its standard streams. It gets no other descriptor,
/// and is killed with its process group when this object goes, or when this process dies.
class ChildProcess {
 public:
  /// `arguments[0]` is the program's path. An error if it cannot be executed.
  static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                    const std::vector<std::string>& environment);

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// Our ends of the pipes, each to be taken once. Blocking as yet.
  UniqueFd take_input() noexcept { return std::move(input_); }

  UniqueFd take_output() noexcept { return std::move(output_); }

  UniqueFd take_error() noexcept { return std::move(error_); }

  pid_t pid() const noexcept { return pid_; }

  /// Readable once the child has ended.
  int pidfd() const noexcept { return pidfd_.get(); }

  /// Reaps the child if it has ended; nullopt while it runs.
  std::optional<ChildExit> poll_exit() noexcept;

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd input_;
  UniqueFd output_;
  UniqueFd error_;
  std::optional<ChildExit> exit_;
};

}  // namespace tunnel::transport
