// Loaded into the programs of a gateway whose time of day is another (clock_shift.hpp). Only what
// asks for the time of day gets it; a timer on that clock would be the very fault that the test
// looks for, and ends the program.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr auto kFile = "/var/lib/tunneld/shift";

/// Seconds, shared with the test; nullptr where there is no such file.
const std::atomic<std::int64_t>* shared_shift() {
  const int file = ::open(kFile, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (memory == MAP_FAILED) return nullptr;
  return static_cast<const std::atomic<std::int64_t>*>(memory);
}

std::int64_t shift() {
  // Before the program gives its powers up: its first question comes when it starts.
  static const auto* const value = shared_shift();
  return value == nullptr ? 0 : value->load();
}

[[gnu::constructor]] void open_early() {
  static_cast<void>(shift());
}

template <typename Function>
Function next(const char* name) {
  // dlsym(3) has no other way to give a function.
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

bool is_time_of_day(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static const auto real = next<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int status = real(clock, now);
  if (status == 0 && is_time_of_day(clock)) now->tv_sec += shift();
  return status;
}

int gettimeofday(timeval* now, void* zone) noexcept {
  static const auto real = next<int (*)(timeval*, void*)>("gettimeofday");
  const int status = real(now, zone);
  if (status == 0) now->tv_sec += shift();
  return status;
}

time_t time(time_t* now) noexcept {
  static const auto real = next<time_t (*)(time_t*)>("time");
  const auto seconds = real(nullptr) + shift();
  if (now != nullptr) *now = seconds;
  return seconds;
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  static const auto real = next<int (*)(clockid_t, int)>("timerfd_create");
  if (is_time_of_day(clock)) std::abort();
  return real(clock, flags);
}
}
