/// A long-distance line between two network namespaces:
///
///   link_emulator LEFT-NAMESPACE LEFT-INTERFACE RIGHT-NAMESPACE RIGHT-INTERFACE
///
/// makes a tun device in each, and carries packets from one to the other with delay, jitter, a
/// rate, a queue and loss, until standard input ends. The namespaces are files (/proc/PID/ns/net);
/// the devices are given addresses and set up by whoever started this. It first prints "ready",
/// then answers each line of standard input: settings (command.hpp), which begin the line anew,
/// nothing on it, its random numbers from the start, with "ready" or "error: WHY"; and "statistics"
/// with the packets of each direction since then.
///
/// What a host would queue waits here: as long as this process has the processor when it needs it,
/// the devices' own queues are empty.

#include "tests/support/link_emulator/line.hpp"
#include "tests/support/link_emulator/tun_end.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

namespace tunnel::test {
namespace {

/// What to say to a line of standard input.
std::string answer(Line& line, std::string_view command) {
  if (command == "statistics") return line.statistics();
  const auto parsed = parse_link_command(command);
  if (!parsed) return "error: " + parsed.error().context;
  line.set(*parsed);
  return "ready";
}

/// Lines of standard input as they come, without waiting for one.
class Commands {
 public:
  /// Answers every whole line that is there; false at the end of input.
  bool serve(Line& line) {
    std::array<char, 4096> chunk{};
    const auto size = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (size <= 0) return false;
    text_.append(chunk.data(), static_cast<std::size_t>(size));
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      std::cout << answer(line, text_.substr(0, end)) << std::endl;
      text_.erase(0, end + 1);
    }
    return true;
  }

 private:
  std::string text_;
};

/// How long ppoll(2) may wait.
timespec time_until(TimePoint deadline, TimePoint now) {
  const auto left = std::max(deadline - now, Duration{0});
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  return {seconds.count(), std::chrono::nanoseconds{left - seconds}.count()};
}

void serve(Line& line) {
  Commands commands;
  std::array<pollfd, 3> wanted{
      {{line.left(), POLLIN, 0}, {line.right(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    line.run(now);
    const auto deadline = line.deadline();
    const auto time = time_until(deadline.value_or(now), now);
    ::ppoll(wanted.data(), wanted.size(), deadline ? &time : nullptr, nullptr);
    if (wanted.back().revents != 0 && !commands.serve(line)) return;
  }
}

int run(const std::array<std::string, 4>& arguments) {
  const auto& [left_namespace, left_name, right_namespace, right_name] = arguments;
  auto left = make_tun_end(left_namespace, left_name);
  auto right = left ? make_tun_end(right_namespace, right_name) : Result<UniqueFd>{UniqueFd{}};
  for (const auto* end : {&left, &right}) {
    if (end->has_value()) continue;
    std::cerr << "link_emulator: " << end->error().message() << '\n';
    return EXIT_FAILURE;
  }
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // a packet of 1500 bytes at 1 Gb/s takes 12 us, the slack is 50
  Line line{std::move(*left), std::move(*right)};
  std::cout << "ready" << std::endl;
  serve(line);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tunnel::test

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "usage: link_emulator LEFT-NAMESPACE LEFT-INTERFACE RIGHT-NAMESPACE "
                 "RIGHT-INTERFACE\n";
    return EXIT_FAILURE;
  }
  return tunnel::test::run({arguments[1], arguments[2], arguments[3], arguments[4]});
}
