// One tunneld in the place of another, and no packet lost: by `tunnelctl restart-daemon`, which
// executes the new one, and by a service manager that keeps descriptors meanwhile.

#include "tests/support/gateway.hpp"
#include "tests/support/numbered_stream.hpp"
#include "tests/support/service_manager.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string started(const World& world, const std::string& gateway) {
  return text_of(world.status(gateway).gateway, "started");
}

std::string interface_index(const World& world, const std::string& gateway) {
  return world.shell(gateway, "ip -o link show tun0 | cut -d : -f 1");
}

std::size_t zombies_of(pid_t pid) {
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
    EXPECT_THAT(answer.out, HasSubstr("has taken over: 1 of 1 links are up"));
    std::cout << gateway << ", restart-daemon: " << took << " ms\n";
  }

  World world_;
  std::optional<NumberedStream> packets_;
  pid_t bridge_ = 0;
  std::int64_t established_ = 0;
  std::uint64_t first_ = 0;
};

class RestartDaemon : public Restart, public testing::WithParamInterface<SshClient> {
 protected:
  RestartDaemon() : Restart{GetParam()} {}
};

TEST_P(RestartDaemon, LosesNothingAtEitherEnd) {
  for (const std::string gateway : {"home", "labs"}) {
    watch(gateway);
    const auto pid = world_.tunneld_pid(gateway);
    const auto before = started(world_, gateway);
    const auto index = interface_index(world_, gateway);
    restart_daemon(gateway);
    expect_nothing_lost(gateway);
    EXPECT_NE(started(world_, gateway), before);
    EXPECT_EQ(number_of(world_.status(gateway).gateway, "pid"), pid);
    EXPECT_EQ(interface_index(world_, gateway), index);
    EXPECT_THAT(log_lines(world_, gateway, "console", "that was left to this tunneld is closed"),
                IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, RestartDaemon,
                         testing::Values(SshClient::Libssh2, SshClient::Openssh),
                         [](const auto& which) { return std::string{client_name(which.param)}; });

TEST_F(Restart, LeavesADaemonThatCanDoAllThatTheFirstOneCould) {
  restart_daemon("home");
  const auto pid = world_.tunneld_pid("home");
  const ProcessHandle bridge{world_.bridge_pid("home")};
  auto watch = world_.watch("home");
  bridge.kill();  // a child of the process, and none of the program's
  watch.wait_for(is_established(2));
  EXPECT_TRUE(bridge.gone_within(kPatience));
  EXPECT_EQ(zombies_of(pid), 0U);
  EXPECT_EQ(world_.shell("home", "ps -o user= -p " + std::to_string(pid)), "tunneld\n");
  EXPECT_EQ(world_.tunnelctl("home", {"restart", "labs"}).status, 0);
  watch.wait_for(is_established(3));
  world_.shell("home", "ip route del 192.168.253.0/24");
  EXPECT_EQ(world_.tunnelctl("home", {"reload"}).status, 0);
  EXPECT_THAT(tunnel_routes(world_, "home"), Contains("192.168.253.0/24 dev tun0"));
  world_.stop("home", "tunneld");
  EXPECT_THAT(tun_devices(world_, "home"), IsEmpty());
}

TEST_F(Restart, AgainAndAgainLeavesNothingOpen) {
  restart_daemon("home");
  const auto pid = world_.tunneld_pid("home");
  const auto before = open_descriptors(pid);
  watch("home");
  for (int i = 0; i < 5; ++i) restart_daemon("home");
  expect_nothing_lost("home");
  // The one that has just taken over may have a connection more or less than the first.
  EXPECT_LE(open_descriptors(pid), before + 1);
  auto watch = world_.watch("home");
  ProcessHandle{bridge_}.kill();  // the first one's child, five programs ago
  watch.wait_for(is_established(2));
  EXPECT_EQ(zombies_of(pid), 0U);
}

TEST_F(Restart, RunsTheProgramThatIsInstalledNow) {
  world_.shell("home", "cd /usr/local/sbin; cp tunneld tunneld.new; mv tunneld.new tunneld");
  const auto program = "stat -L -c %i /proc/" + std::to_string(world_.tunneld_pid("home")) + "/exe";
  const auto installed = world_.shell("home", "stat -c %i /usr/local/sbin/tunneld");
  EXPECT_NE(world_.shell("home", program), installed);
  watch("home");
  restart_daemon("home");
  expect_nothing_lost("home");
  EXPECT_EQ(world_.shell("home", program), installed);
}

/// Nothing but a refusal came of it.
#define EXPECT_REFUSED(sentence)                                                           \
  do {                                                                                     \
    const auto before = started(world_, "home");                                           \
    watch("home");                                                                         \
    const auto refused = world_.tunnelctl("home", {"restart-daemon"});                     \
    EXPECT_EQ(refused.status, 1);                                                          \
    EXPECT_EQ(refused.out, "");                                                            \
    EXPECT_THAT(refused.err, HasSubstr(sentence));                                         \
    EXPECT_THAT(refused.err, HasSubstr("nothing was changed"));                            \
    EXPECT_THAT(log_lines(world_, "home", "console", "restart: refused"), Not(IsEmpty())); \
    EXPECT_EQ(started(world_, "home"), before);                                            \
    expect_nothing_lost("home");                                                           \
  } while (false)

TEST_F(Restart, IsRefusedWithABrokenConfiguration) {
  world_.edit("home", "/etc/tunneld/tunneld.toml", "[gateway]\n", "[gateway]\nnmae = \"x\"\n");
  EXPECT_REFUSED("tunneld.toml:3:1");
}

TEST_F(Restart, IsRefusedWithAProgramThatDoesNotRun) {
  world_.shell("home",
               "cd /usr/local/sbin; printf '#!/bin/sh\\necho no such library >&2\\nexit 127\\n' "
               ">new; chmod 755 new; mv new tunneld");
  EXPECT_REFUSED("no such library");
  world_.shell("home",
               "cd /usr/local/sbin; head -c 1000 pppd-bridge >new; chmod 755 new; mv new "
               "tunneld");
  EXPECT_REFUSED("tunneld");
}

TEST_F(Restart, IsNotForThoseWhoMayRead) {
  world_.edit("home", "/etc/tunneld/tunneld.toml", "[gateway]\n",
              "[gateway]\nread_group = \"tunneld-read\"\n");
  restart_daemon("home");  // [gateway] is no matter for a reload
  const auto before = started(world_, "home");
  const auto refused =
      world_.exec("home", {"setpriv", "--reuid=65534", "--regid=65534", "--groups=tunneld-read",
                           "tunnelctl", "restart-daemon"});
  EXPECT_EQ(refused.status, 4);
  EXPECT_THAT(refused.err, HasSubstr("\"restart-daemon\" is for root and members of the group"));
  EXPECT_EQ(started(world_, "home"), before);
}

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

  const std::vector<std::string> kSockets{"bridge.sock", "control.sock", "ticket.sock"};
  const std::vector<std::string> kAll{"bridge.sock", "bridge@labs", "control.sock", "ticket.sock",
                                      "tun@labs"};
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
  manager_.wait_until_kept(kSockets);
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
