#include "tests/support/emulated_line.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace {

std::string network_of(const World& world, const std::string& node) {
  return "/proc/" + std::to_string(world.holder(node)) + "/ns/net";
}

}  // namespace

EmulatedLine::Pipe::Pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_errno("make a pipe");
  read = UniqueFd{ends[0]};
  write = UniqueFd{ends[1]};
}

EmulatedLine::EmulatedLine(const World& world)
    : emulator_{{TUNNEL_BIN_DIR "/link_emulator", network_of(world, "home"), "far",
                 network_of(world, "labs"), "far"},
                {.input = commands_.read.get()}} {
  if (emulator_.next_line() != "ready") throw std::runtime_error{"link_emulator is not ready"};
  for (const auto& [node, address] : {std::pair{"home", kNear}, std::pair{"labs", kFar}}) {
    // What the kernel says by itself in IPv6 would take the losses of others.
    world.shell(node, std::string{"sysctl -qw net.ipv6.conf.far.disable_ipv6=1; ip address add "} +
                          address + "/24 dev far; ip link set far up");
  }
}

std::string EmulatedLine::say(const std::string& command) {
  const auto line = command + '\n';
  if (::write(commands_.write.get(), line.data(), line.size()) !=
      static_cast<ssize_t>(line.size())) {
    fail_errno("write to link_emulator");
  }
  return emulator_.next_line().value_or("");
}

void EmulatedLine::set(const std::string& command) {
  if (const auto answer = say(command); answer != "ready") throw std::runtime_error{answer};
}

}  // namespace tunnel::test
