#include "pppd-bridge/loop/loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <utility>

namespace tunnel::loop {

namespace {

std::uint32_t events_for(Interest interest) {
  std::uint32_t events = 0;
  if (interest.readable) events |= EPOLLIN;
  if (interest.writable) events |= EPOLLOUT;
  return events;
}

Interest ready_from(std::uint32_t events) {
  const bool broken = (events & (EPOLLERR | EPOLLHUP)) != 0;
  return Interest{broken || (events & EPOLLIN) != 0, broken || (events & EPOLLOUT) != 0};
}

/// Rounded up, so that a deadline has passed when epoll says that it has.
int milliseconds_until(std::optional<TimePoint> deadline, TimePoint now) {
  if (!deadline) return -1;
  if (*deadline <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max()));
}

}  // namespace

std::chrono::microseconds wall_clock() noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

Loop::Loop(UniqueFd epoll) : epoll_{std::move(epoll)}, now_{std::chrono::steady_clock::now()} {}

Result<Loop> Loop::create() {
  UniqueFd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return errno_error("make an epoll descriptor");
  return Loop{std::move(epoll)};
}

Result<void> Loop::control(int operation, int fd, Interest interest) {
  epoll_event event{};
  event.events = events_for(interest);
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) < 0) {
    return errno_error("watch a descriptor");
  }
  return {};
}

Result<void> Loop::watch(int fd, Interest interest, Handler handler) {
  if (auto added = control(EPOLL_CTL_ADD, fd, interest); !added) return added;
  watched_[fd] = std::make_shared<Watched>(Watched{interest, std::move(handler)});
  return {};
}

Result<void> Loop::change(int fd, Interest interest) {
  const auto found = watched_.find(fd);
  TUNNEL_CHECK(found != watched_.end());
  if (found->second->interest == interest) return {};
  found->second->interest = interest;
  return control(EPOLL_CTL_MOD, fd, interest);
}

void Loop::forget(int fd) {
  if (watched_.erase(fd) == 0) return;
  // A descriptor that is closed already has left the epoll set by itself.
  static_cast<void>(control(EPOLL_CTL_DEL, fd, {}));
}

Result<void> Loop::run_once(std::optional<TimePoint> deadline) {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 milliseconds_until(deadline, std::chrono::steady_clock::now()));
  const int failure = errno;
  now_ = std::chrono::steady_clock::now();
  if (count < 0 && failure != EINTR) {
    errno = failure;
    return errno_error("wait for events");
  }
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto found = watched_.find(event.data.fd);
    if (found == watched_.end()) continue;  // forgotten by a handler just now
    const auto keep = found->second;
    keep->handler(ready_from(event.events));
  }
  return {};
}

}  // namespace tunnel::loop
