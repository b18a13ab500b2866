/// How fast libssh2 alone carries bytes, with neither tun nor PPP:
///
///   libssh2_stream send|receive SECONDS HOST PORT USER KEY-FILE HOST-KEY-FILE
///
/// streams to `cat >/dev/null` or from `cat /dev/zero` at the far end, through the bridge's own
/// transport, and prints gigabits a second.

#include "pppd-bridge/transport/dial.hpp"
#include "tests/support/key_agent.hpp"

#include <poll.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::transport {
namespace {

constexpr std::size_t kBlock = 256 * 1024;

class Silent final : public DialObserver {
 public:
  void stage(Stage /*stage*/, std::string /*detail*/) override {}

  void remote_text(std::string line) override { std::cerr << line << '\n'; }
};

/// Waits, as the bridge's loop does, for what the transport watches.
void wait_for(const Transport& transport) {
  std::vector<pollfd> wanted;
  for (const auto& watch : transport.watches()) {
    short events = 0;
    if ((watch.interest & Interest::Readable) != Interest::None) events |= POLLIN;
    if ((watch.interest & Interest::Writable) != Interest::None) events |= POLLOUT;
    wanted.push_back({watch.fd, events, 0});
  }
  ::poll(wanted.data(), wanted.size(), 1000);
}

/// Moves as much as it can; `bytes` of what was asked for, Failed or Closed when that is the end.
Io move(Transport& transport, std::string_view direction, std::vector<std::uint8_t>& block) {
  transport.flush();
  const auto got = transport.read(block);
  if (direction == "receive" || got.status == IoStatus::Closed || got.status == IoStatus::Failed) {
    return got;
  }
  return transport.write(block);
}

/// Bytes a second; nullopt when the stream ends before its time.
std::optional<double> stream(Transport& transport, std::string_view direction,
                             std::chrono::duration<double> time) {
  std::vector<std::uint8_t> block(kBlock);
  std::size_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    const auto moved = move(transport, direction, block);
    bytes += moved.bytes;
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    if (elapsed >= time) return static_cast<double>(bytes) / elapsed.count();
    if (moved.status == IoStatus::Closed || moved.status == IoStatus::Failed) return std::nullopt;
    if (moved.bytes == 0 && !transport.pending_input()) wait_for(transport);
  }
}

DialSettings settings_of(const std::vector<std::string>& arguments, test::KeyAgent& agent) {
  DialSettings settings;
  settings.host = arguments[2];
  settings.port = static_cast<std::uint16_t>(std::atoi(arguments[3].c_str()));
  settings.user = arguments[4];
  settings.agent = agent.connect();
  std::ifstream host_key{arguments[6]};
  std::string type;
  std::string encoded;
  host_key >> type >> encoded;
  settings.host_keys = {type + ' ' + encoded};
  settings.command = arguments[0] == "send" ? "cat >/dev/null" : "cat /dev/zero";
  return settings;
}

int run(const std::vector<std::string>& arguments) {
  Silent observer;
  std::ifstream key{arguments[5]};
  test::KeyAgent agent{{std::istreambuf_iterator<char>{key}, {}}};
  const auto transport = dial(settings_of(arguments, agent), observer);
  if (!transport) {
    std::cerr << stage_name(transport.error().stage) << ": " << transport.error().text << '\n';
    return EXIT_FAILURE;
  }
  const std::chrono::duration<double> time{std::atof(arguments[1].c_str())};
  const auto speed = stream(**transport, arguments[0], time);
  if (!speed) {
    std::cerr << (*transport)->close_reason() << '\n';
    return EXIT_FAILURE;
  }
  std::printf("%.3f\n", *speed * 8 / 1e9);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace tunnel::transport

int main(int count, char** arguments) {
  const std::vector<std::string> all(arguments + 1, arguments + count);
  if (all.size() != 7 || (all[0] != "send" && all[0] != "receive")) {
    std::cerr << "usage: libssh2_stream send|receive SECONDS HOST PORT USER KEY-FILE "
                 "HOST-KEY-FILE\n";
    return EXIT_FAILURE;
  }
  return tunnel::transport::run(all);
}
