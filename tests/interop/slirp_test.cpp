// slirp: a PPP end with a TCP/IP of its own, on a terminal, as on the shell accounts of its time.

#include "tests/interop/own_network.hpp"
#include "tests/interop/payload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <iostream>
#include <string>

namespace tunnel::test {
namespace {

constexpr auto kOurs = "10.0.2.15";
/// slirp's name for the host it runs on: a connection there is made to 127.0.0.1.
constexpr auto kHost = "10.0.2.2";

class Slirp : public testing::Test {
 protected:
  /// Each end of the line is its program's only.
  Slirp() {
    line_.ours.reset();
    line_.slirps.reset();
  }

  void TearDown() override {
    if (!HasFailure()) return;
    std::cout << "---- slirp:\n" << slirp_.printed() << "---- pppd-bridge:\n" << bridge_.printed();
    std::cout << "----" << std::endl;
  }

  struct Line {
    Line() {
      std::array<int, 2> pair{};
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
        fail_errno("make a socket pair");
      }
      ours = UniqueFd{pair[0]};
      slirps = UniqueFd{pair[1]};
    }

    UniqueFd ours{};
    UniqueFd slirps{};
  };

  OwnNetwork network_;
  Line line_;
  // It needs a controlling terminal, and prints its banner there.
  Process slirp_{{"socat", "STDIO", "EXEC:slirp-fullbolt -P,pty,ctty,setsid,rawer,stderr"},
                 {line_.slirps.get(), line_.slirps.get()}};
  Process bridge_{
      {TUNNEL_BIN_DIR "/pppd-bridge", "stdio", "--debug", "--local", kOurs, "--remote", kHost},
      {line_.ours.get(), line_.ours.get()}};
};

// It asks for 0.0.0.0 and wants a Nak, offers VJ, and an empty CCP.
TEST_F(Slirp, PacketsCross) {
  bridge_.wait_for("is up: ");
  for (const unsigned size : {56U, 1472U}) {
    EXPECT_TRUE(pings(kHost, size)) << size;
  }
  Process server{{"socat", "-d", "-d", "TCP-LISTEN:7,bind=127.0.0.1", "PIPE"}};
  server.wait_for("listening on");
  echo(connect_tcp(kHost, kEchoPort).get());

  bridge_.signal(SIGTERM);
  const auto ended = bridge_.finish();
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_EQ(slirp_.finish().status, 0) << "it has heard that";
}

}  // namespace
}  // namespace tunnel::test
