#pragma once

#include "tunneld/base/check.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

/// The bridge's event loop: level-triggered epoll and one deadline. It reads the clock once a
/// wakeup; everything behind it is told the time.
namespace tunnel::loop {

/// What to wait for, or what has come. A hang-up or an error counts as both, so that the next read
/// or write finds out which.
struct Interest {
  bool readable = false;
  bool writable = false;
  bool operator==(const Interest&) const = default;
};

/// Time since 1970 (UTC), for those who read a trace beside other logs; nothing here depends on it.
std::chrono::microseconds wall_clock() noexcept;

class Loop {
 public:
  using Handler = std::function<void(Interest ready)>;

  static Result<Loop> create();

  /// Calls `handler` while `fd` is ready for what `interest` names. The descriptor stays the
  /// caller's, who calls forget() before closing it.
  Result<void> watch(int fd, Interest interest, Handler handler);

  /// Changes what a watched descriptor is watched for; no system call if nothing changes.
  Result<void> change(int fd, Interest interest);

  void forget(int fd);

  /// Waits for one wakeup, at most until `deadline`, and calls the handlers of what is ready.
  Result<void> run_once(std::optional<TimePoint> deadline);

  /// The time of the present wakeup.
  TimePoint now() const noexcept { return now_; }

 private:
  struct Watched {
    Interest interest;
    Handler handler;
  };

  explicit Loop(UniqueFd epoll);
  Result<void> control(int operation, int fd, Interest interest);

  UniqueFd epoll_;
  std::map<int, std::shared_ptr<Watched>> watched_;  // shared: a handler may forget itself
  TimePoint now_;
};

}  // namespace tunnel::loop
