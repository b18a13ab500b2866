#include "tests/support/numbered_stream.hpp"

#include "tests/support/socket_address.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace tunnel::test {

namespace {

UniqueFd make_socket(const World& world, const std::string& node, SocketAddress& bound) {
  const InNetwork inside{world, node};
  UniqueFd socket{::socket(bound.family(), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP)};
  auto size = SocketAddress::size();
  if (!socket || ::bind(socket.get(), bound.generic(), size) < 0 ||
      ::getsockname(socket.get(), bound.generic(), &size) < 0) {
    fail_errno("make a UDP socket on " + node);
  }
  return socket;
}

UniqueFd make_timer() {
  UniqueFd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  const timespec interval{0, std::chrono::nanoseconds{NumberedStream::kInterval}.count()};
  const itimerspec setting{interval, interval};
  if (!timer || ::timerfd_settime(timer.get(), 0, &setting, nullptr) < 0) fail_errno("set a timer");
  return timer;
}

}  // namespace

NumberedStream::NumberedStream(const World& world, const std::string& from, const std::string& to,
                               const std::string& address)
    : timer_{make_timer()}, stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  auto there = SocketAddress::parse(address);
  auto bound = SocketAddress::any(there.family());
  receiver_ = make_socket(world, to, bound);
  there.port() = bound.port();
  auto any = SocketAddress::any(there.family());
  sender_ = make_socket(world, from, any);
  if (::connect(sender_.get(), there.generic(), SocketAddress::size()) < 0) {
    fail_errno("connect a UDP socket of " + from);
  }
  thread_ = std::jthread{[this] { work(); }};
}

NumberedStream::~NumberedStream() {
  ::eventfd_write(stop_.get(), 1);
}

void NumberedStream::work() {
  for (;;) {
    std::array<pollfd, 3> waiting{
        {{timer_.get(), POLLIN, 0}, {receiver_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[2].revents != 0) return;
    const std::lock_guard lock{mutex_};
    receive();
    if (waiting[0].revents != 0) send();
    progress_.notify_all();
  }
}

/// As many as are due. That the gateway refuses one is no error of this end: it was sent, and is
/// lost.
void NumberedStream::send() {
  std::uint64_t due = 0;
  if (::read(timer_.get(), &due, sizeof due) != sizeof due) return;
  for (; due > 0; --due) {
    arrivals_.emplace_back();
    const auto number = sent_++;
    // A refusal of an earlier one is told once, in place of sending.
    for (int i = 0; i < 2; ++i) {
      if (::send(sender_.get(), &number, sizeof number, MSG_NOSIGNAL) > 0) break;
    }
  }
}

void NumberedStream::receive() {
  std::uint64_t number = 0;
  while (::recv(receiver_.get(), &number, sizeof number, 0) == sizeof number) {
    if (number >= sent_ || arrivals_[number]) continue;
    arrivals_[number] = Clock::now();
    newest_ = std::max(newest_, number + 1);
  }
}

void NumberedStream::let_pass(Limit time) {
  std::unique_lock lock{mutex_};
  const auto until = sent_ + static_cast<std::uint64_t>(time / kInterval);
  if (!progress_.wait_for(lock, time + kPatience, [&] { return sent_ >= until; })) {
    throw Timeout{"the sender stands still"};
  }
}

NumberedStream::Clock::time_point NumberedStream::goes_on(Limit limit) {
  std::unique_lock lock{mutex_};
  const auto first = sent_;
  if (!progress_.wait_for(lock, limit, [&] { return newest_ > first; })) {
    throw Timeout{"no datagram arrives within " + std::to_string(limit.count()) + " ms"};
  }
  const auto begin = arrivals_.begin() + static_cast<std::ptrdiff_t>(first);
  return **std::find_if(begin, arrivals_.end(), [](const auto& each) { return each.has_value(); });
}

std::uint64_t NumberedStream::next() {
  const std::lock_guard lock{mutex_};
  return sent_;
}

std::uint64_t NumberedStream::lost_since(std::uint64_t first) {
  const std::lock_guard lock{mutex_};
  if (newest_ <= first) return 0;
  const auto begin = arrivals_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = arrivals_.begin() + static_cast<std::ptrdiff_t>(newest_);
  return static_cast<std::uint64_t>(std::count(begin, end, std::nullopt));
}

NumberedStream::Clock::duration NumberedStream::longest_gap_since(std::uint64_t first) {
  const std::lock_guard lock{mutex_};
  std::vector<Clock::time_point> times;
  for (auto number = first; number < newest_; ++number) {
    if (arrivals_[number]) times.push_back(*arrivals_[number]);
  }
  std::sort(times.begin(), times.end());
  Clock::duration longest{};
  for (std::size_t i = 1; i < times.size(); ++i) {
    longest = std::max(longest, times[i] - times[i - 1]);
  }
  return longest;
}

}  // namespace tunnel::test
