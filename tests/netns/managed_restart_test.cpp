// One tunneld in the place of another, by a service manager that keeps descriptors meanwhile.

#include "tests/netns/restart.hpp"
#include "tests/support/service_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// The same sites with HOME's tunneld under a service manager.
class Managed : public Restart {
 protected:
  Managed() {
    world_.stop("home", "tunneld", "KILL");
    manager_.start();
    world_.wait_until_up("home");
    manager_.wait_until_kept(kAll);
  }

  void start_again() {
    manager_.start();
    world_.wait_until_up("home");
  }

  const std::vector<std::string> kWithoutLink{"bridge.sock", "control.sock", "ticket.sock",
                                              "wishes"};
  const std::vector<std::string> kAll{"bridge.sock", "bridge@labs", "control.sock",
                                      "ticket.sock", "tun@labs",    "wishes"};
  ServiceManager manager_{world_, "home", 10s};
};

TEST_F(Managed, RestartLosesNothing) {
  for (const int number : {restart_signal(), SIGKILL}) {
    watch("home");
    const auto status = manager_.end(number);
    EXPECT_EQ(status, number == SIGKILL ? 128 + SIGKILL : 0);
    EXPECT_EQ(manager_.kept(), kAll);
    packets_->let_pass(1s);
    start_again();
    expect_nothing_lost("home");
    manager_.wait_until_kept(kAll);
    EXPECT_THAT(log_lines(world_, "home", "console", "that was left to this tunneld is closed"),
                IsEmpty());
  }
}

TEST_F(Managed, ADaemonThatExecutesTheNextIsReloadedForItsManager) {
  watch("home");
  const auto pid = manager_.pid();
  for (std::size_t i = 1; i <= 2; ++i) {
    restart_daemon("home");
    manager_.wait_for_message("RELOADING=1", i);
    manager_.wait_for_message("READY=1", i + 1);
  }
  expect_nothing_lost("home");
  EXPECT_EQ(number_of(world_.status("home").gateway, "pid"), pid);
  manager_.wait_until_kept(kAll);
  manager_.wait_for_message("WATCHDOG=1", 4);
  EXPECT_EQ(manager_.end(restart_signal()), 0);
  start_again();
  expect_nothing_lost("home");
}

TEST_F(Managed, RestartLeavesDownWhatWasTakenDown) {
  EXPECT_EQ(world_.tunnelctl("home", {"down", "labs"}).status, 0);
  world_.wait_for("home", is_state("down"));
  manager_.end(SIGKILL);
  manager_.start();
  EXPECT_EQ(text_of(world_.status("home").site, "state"), "down");
  EXPECT_EQ(world_.tunnelctl("home", {"up", "labs"}).status, 0);
  world_.wait_until_up("home");
  manager_.end(restart_signal());
  start_again();
  manager_.wait_until_kept(kAll);
}

TEST_F(Managed, AnEndClosesTheLinkAndKeepsNothing) {
  EXPECT_EQ(manager_.end(SIGTERM), 0);
  manager_.wait_until_kept({});
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
  world_.wait_for("labs", is_state("listening"));
}

TEST_F(Managed, WhatIsKeptDoesNotGrow) {
  for (int i = 2; i < 6; ++i) {
    auto watch = world_.watch("home");
    EXPECT_EQ(world_.tunnelctl("home", {"restart", "labs"}).status, 0);
    watch.wait_for(is_established(i));
    manager_.wait_until_kept(kAll);
  }
  EXPECT_EQ(world_.tunnelctl("home", {"down", "labs"}).status, 0);
  world_.wait_for("home", is_state("down"));
  manager_.wait_until_kept(kWithoutLink);
}

// Clients of the time between wait, and are answered.
TEST_F(Managed, WhoComesMeanwhileIsServedAfterwards) {
  manager_.end(SIGKILL);
  auto asking = world_.spawn("home", {"tunnelctl", "status", "--until", "up"});
  start_again();
  EXPECT_EQ(asking.finish().status, 0);
}

// The device stays with its addresses and its index, and what the bridge said last is told.
TEST_F(Managed, ABridgeThatEndsMeanwhileLeavesItsDeviceAndItsLastWords) {
  const auto index = interface_index(world_, "home");
  const ProcessHandle bridge{world_.bridge_pid("home")};
  manager_.end(SIGKILL);
  ProcessHandle{world_.session_pid()}.kill();
  EXPECT_TRUE(bridge.gone_within(kPatience));
  EXPECT_THAT(tun_devices(world_, "home"), ElementsAre("tun0"));
  start_again();
  EXPECT_EQ(interface_index(world_, "home"), index);
  EXPECT_THAT(log_lines(world_, "home", "console", "the link went while there was no tunneld"),
              SizeIs(1));
  EXPECT_THAT(log_lines(world_, "home", "console", "no bridge came forward"), IsEmpty());
  manager_.wait_until_kept(kAll);
}

TEST_F(Managed, GarbageIsRefusedWithASentenceAndTheDaemonStarts) {
  const auto pipe = [] {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    ::close(ends[1]);
    return UniqueFd{ends[0]};
  };
  const auto socket = [] { return UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}; };
  watch("home");
  manager_.end(SIGKILL);
  // In front of what is of use, where it has the name of something.
  const std::vector<std::pair<std::string, std::string>> expected{
      {"bridge@labs", "it is no Unix socket that is connected"},
      {"control.sock", "it is no Unix socket that listens"},
      {"bridge@gone", "nobody has a use for it"},
      {"tun@", "nobody has a use for it"},
      {"child", "it is no child of this process"},
      {"wishes", "it is no list of wishes"},
      {"heirloom", "nobody has a use for it"}};
  for (const auto& [name, why] : expected) {
    manager_.plant(name, name == "control.sock" ? socket() : pipe());
  }
  start_again();
  for (const auto& [name, why] : expected) {
    EXPECT_THAT(log_lines(world_, "home", "console",
                          "a descriptor named \"" + name +
                              "\" that was left to this tunneld is closed: " + why),
                SizeIs(1));
  }
  expect_nothing_lost("home");
  manager_.wait_until_kept(kAll);
}

TEST_F(Managed, ADeviceOfAnotherNameIsNotTaken) {
  manager_.end(SIGKILL);
  ProcessHandle{world_.session_pid()}.kill();
  {
    const InNetwork inside{world_, "home"};
    manager_.plant("tun@labs", UniqueFd{::open("/dev/net/tun", O_RDWR | O_CLOEXEC)});
  }
  start_again();
  EXPECT_THAT(log_lines(world_, "home", "console", "a descriptor named \"tun@labs\""),
              Not(IsEmpty()));
  manager_.wait_until_kept(kAll);
}

TEST_F(Managed, ACountThatLiesIsNotBelieved) {
  using Lie = std::pair<std::string, std::string>;
  for (const auto& [count, names] :
       {Lie{"4000", "a:b"}, Lie{"-3", ""}, Lie{"many", "x"}, Lie{"2", "one"}, Lie{"5", ""}}) {
    watch("home");
    manager_.end(SIGKILL);
    manager_.lie(count, names);
    start_again();
    expect_nothing_lost("home");
  }
}

}  // namespace
}  // namespace tunnel::test
