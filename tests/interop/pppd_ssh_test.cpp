// pppd at one end, a gateway with all its programs at the other, and a real sshd in between.

#include "tests/interop/guest.hpp"
#include "tests/interop/payload.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

class PppdOverSsh : public testing::Test {
 protected:
  void TearDown() override {
    if (!HasFailure()) return;
    std::cout << "---- The console of the guest:\n" << guest_.console();
    for (const auto* gateway : {"home", "labs"}) {
      if (!std::filesystem::exists(world_.file(gateway, kLog))) continue;  // it had no part in this
      std::cout << "---- ppp.log of " << gateway << ":\n" << world_.read(gateway, kLog);
    }
    std::cout << "---- sshd:\n" << sshd_log(world_) << "----" << std::endl;
  }

  static constexpr auto kLog = "/var/log/tunneld/ppp.log";

  /// A TCP connection's worth of packets from a node, through its gateway, to the guest.
  void expect_echo(const std::string& node, const std::string& address) {
    const InNetwork inside{world_, node};
    echo(connect_tcp(address, kEchoPort).get());
  }

  World world_;
  Guest guest_;
};

// As `pppd pty "ssh ..."` does.
TEST_F(PppdOverSsh, DialsUs) {
  world_.start_sshd();
  world_.start_tunneld("labs");
  const auto line = guest_.connect();
  guest_.start_pppd("10.224.1.1:10.224.1.2", "");
  auto ssh = world_.spawn(
      "home",
      {"ssh", "-T", "-F", "none", "-i", "/etc/tunneld/keys/labs", "-o", "StrictHostKeyChecking=no",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "pppossh@vpn.labs.example"},
      {line.get(), line.get()});
  world_.wait_until_up("labs");
  guest_.wait_for("remote IP address 10.224.1.2");

  guest_.shell("ip route add 192.168.253.0/24 dev ppp0");
  EXPECT_TRUE(guest_.reaches("192.168.253.1"));
  EXPECT_TRUE(guest_.reaches("192.168.253.1", 1472));
  EXPECT_TRUE(reaches(world_, "routera", "10.224.1.1"));
  expect_echo("routera", "10.224.1.1");

  guest_.shell("kill $(pidof pppd)");
  const auto site = world_.wait_for("labs", is_state("listening"));
  EXPECT_THAT(text_of(site, "last_error"), HasSubstr("User request"));
}

TEST_F(PppdOverSsh, IsDialledByUs) {
  answer_with(world_, "exec socat - UNIX-CONNECT:" + guest_.serial_line().native());
  guest_.start_pppd("10.224.1.2:10.224.1.1", "persist passive holdoff 1 maxfail 0");
  world_.start_sshd();
  world_.start_tunneld("home");
  world_.wait_until_up("home");
  guest_.wait_for("remote IP address 10.224.1.1");

  const auto routes = "ip route add 192.168.1.0/24 dev ppp0 src 192.168.253.1";
  guest_.shell("ip address add 192.168.253.1/32 dev lo");
  guest_.shell(routes);
  EXPECT_TRUE(guest_.reaches("192.168.1.215"));
  EXPECT_TRUE(guest_.reaches("192.168.1.215", 1472));
  EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
  expect_echo("client", "192.168.253.1");

  // pppd hangs up, and is called again.
  guest_.shell("kill -HUP $(pidof pppd)");
  world_.wait_for("home", is_established(2));
  guest_.wait_for("remote IP address 10.224.1.1", 2);
  guest_.shell(routes);
  EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
}

}  // namespace
}  // namespace tunnel::test
