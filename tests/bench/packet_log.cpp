// Measures the audit trail: 20,000 logged packets a second, from the kernel into filter.log, in a
// network namespace of its own. Reports how many lines and losses there were and how much of a core
// it took, and judges nothing.
//
//   tests/support/private-machine.sh build/release/bin/packet_log_bench [SECONDS [PACKETS/S]]

#include "tunneld/supervisor/packet_log.hpp"

#include "tests/audit/files.hpp"
#include "tests/base/temporary_directory.hpp"
#include "tests/filter/kernel/own_gateway.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <fmt/format.h>

#include <sys/timerfd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>

namespace {

using namespace tunnel;
using namespace std::chrono_literals;

constexpr unsigned kGroup = 6;
constexpr std::uint16_t kPort = 5300;
constexpr long kTicksPerSecond = 1000;

std::chrono::duration<double> processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

/// At each of the ticks so many packets, and those of ticks that came too late.
void send_paced(std::uint64_t seconds, std::uint64_t rate) {
  filter::test::Sender sender{kPort};
  const UniqueFd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
  const itimerspec interval{{0, 1'000'000'000 / kTicksPerSecond},
                            {0, 1'000'000'000 / kTicksPerSecond}};
  ::timerfd_settime(timer.get(), 0, &interval, nullptr);
  const auto per_tick = rate / kTicksPerSecond;
  std::uint16_t number = 0;
  for (std::uint64_t ticks = 0, passed = 0; ticks < seconds * kTicksPerSecond; ticks += passed) {
    if (::read(timer.get(), &passed, sizeof passed) != sizeof passed) std::abort();
    for (std::uint64_t i = 0; i < passed * per_tick; ++i) sender.send(number++);
  }
}

std::size_t packets_in(const std::filesystem::path& log) {
  std::size_t count = 0;
  for (const auto& line : audit::test::lines(log)) {
    if (line.find(" PR udp ") != std::string::npos) ++count;
  }
  return count;
}

int measure(std::uint64_t seconds, std::uint64_t rate) {
  filter::test::enter_own_namespace();
  filter::test::apply(filter::test::logging_table(kPort, kGroup));
  const tunnel::test::TemporaryDirectory directory;
  boost::asio::io_context io{1};
  audit::Audit audit{
      {"bench", 1}, directory.path(), supervisor::wall_now, audit::Audit::Journal::Never};
  const auto log = supervisor::PacketLog::open(io, audit, {.group = kGroup});
  std::thread sender{[&] { send_paced(seconds, rate); }};
  const auto wall = std::chrono::steady_clock::now();
  const auto busy = processor_time();
  io.run_for(std::chrono::seconds{seconds} + 1s);
  const auto core = (processor_time() - busy) / std::chrono::duration<double>{seconds};
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - wall;
  sender.join();
  fmt::print("{} packets/s for {} s: {} lines, {} lost, {:.1f} % of a core, {:.1f} s\n", rate,
             seconds, packets_in(directory.path() / "filter.log"), log->lost_packets(), core * 100,
             took.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int place, std::uint64_t otherwise) {
    return argc > place ? std::strtoull(argv[place], nullptr, 10) : otherwise;
  };
  return measure(argument(1, 5), argument(2, 20'000));
}
