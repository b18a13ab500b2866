#include "tests/faults/leak_watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

LeakWatch::LeakWatch(const World& world)
    : capture_{world, "internet", Capture::kAllInterfaces},
      stop_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  thread_ = std::jthread{[this] { work(); }};
}

LeakWatch::~LeakWatch() {
  ::eventfd_write(stop_.get(), 1);
}

void LeakWatch::work() {
  for (;;) {
    std::array<pollfd, 2> waiting{{{capture_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    const std::lock_guard lock{mutex_};
    drain();
    if (!broken_.empty()) return;
  }
}

void LeakWatch::drain() {
  try {
    const auto more = tunnelled(capture_.take());
    found_.insert(found_.end(), more.begin(), more.end());
  } catch (const std::exception& error) {
    broken_ = error.what();
  }
}

std::vector<std::string> LeakWatch::take() {
  const std::lock_guard lock{mutex_};
  drain();
  if (!broken_.empty()) throw std::runtime_error{broken_};
  return std::exchange(found_, {});
}

}  // namespace tunnel::test
