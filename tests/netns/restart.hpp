#pragma once

#include "tests/support/gateway.hpp"
#include "tests/support/numbered_stream.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string>

namespace tunnel::test {

inline std::string started(const World& world, const std::string& gateway) {
  return text_of(world.status(gateway).gateway, "started");
}

inline std::string interface_index(const World& world, const std::string& gateway) {
  return world.shell(gateway, "ip -o link show tun0 | cut -d : -f 1");
}

inline std::size_t zombies_of(pid_t pid) {
  std::size_t count = 0;
  for (const auto child : children_of(pid)) {
    if (state_of(child) == 'Z') ++count;
  }
  return count;
}

/// Two sites with a link, packets through it, and what must not change of one of them.
class Restart : public testing::Test {
 protected:
  explicit Restart(SshClient client = SshClient::Libssh2) : world_{client} { world_.start(); }

  /// From now on.
  void watch(const std::string& gateway) {
    if (!packets_) packets_.emplace(world_, "client", "routera", "192.168.253.1");
    packets_->goes_on();
    bridge_ = world_.bridge_pid(gateway);
    established_ = number_of(world_.status(gateway).site, "established");
    first_ = packets_->next();
  }

  void expect_nothing_lost(const std::string& gateway) {
    packets_->goes_on();
    EXPECT_EQ(packets_->lost_since(first_), 0U);
    const auto status = world_.status(gateway);
    EXPECT_EQ(text_of(status.site, "state"), "up");
    EXPECT_EQ(number_of(status.site, "established"), established_);
    EXPECT_EQ(text_of(status.site, "last_error"), "");
    EXPECT_EQ(world_.bridge_pid(gateway), bridge_);
    const auto gap = std::chrono::duration_cast<Limit>(packets_->longest_gap_since(first_));
    std::cout << gateway << ", longest gap: " << gap.count() << " ms\n";
  }

  void restart_daemon(const std::string& gateway) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = world_.tunnelctl(gateway, {"restart-daemon"});
    const auto took =
        std::chrono::duration_cast<Limit>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_EQ(answer.status, 0) << answer.err;
    EXPECT_THAT(answer.out, testing::HasSubstr("has taken over: 1 of 1 links are up"));
    std::cout << gateway << ", restart-daemon: " << took << " ms\n";
  }

  /// Nothing but a refusal comes of it.
  void expect_refused(const std::string& sentence) {
    const auto before = started(world_, "home");
    watch("home");
    const auto refused = world_.tunnelctl("home", {"restart-daemon"});
    EXPECT_EQ(refused.status, 1);
    EXPECT_EQ(refused.out, "");
    EXPECT_THAT(refused.err, testing::HasSubstr(sentence));
    EXPECT_THAT(refused.err, testing::HasSubstr("nothing was changed"));
    EXPECT_THAT(log_lines(world_, "home", "console", "restart: refused"),
                testing::Not(testing::IsEmpty()));
    EXPECT_EQ(started(world_, "home"), before);
    expect_nothing_lost("home");
  }

  World world_;
  std::optional<NumberedStream> packets_;
  pid_t bridge_ = 0;
  std::int64_t established_ = 0;
  std::uint64_t first_ = 0;
};

}  // namespace tunnel::test
