// How a link with pppd ends, and begins again.

#include "tests/interop/payload.hpp"
#include "tests/interop/pppd_link.hpp"

#include <gmock/gmock.h>

#include <signal.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto kEverySecond = "lcp-echo-interval 1 lcp-echo-failure 3";

class PppdLife : public PppdLink {};

TEST_F(PppdLife, OfAPppdThatIsFrozenEndsByOurEcho) {
  join("");
  expect_pings_cross();
  guest().shell("kill -STOP $(pidof pppd)");
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("tun0 is down: no answer to 3 Echo-Requests"));
}

// And when our end is back, it hears that pppd has closed the link.
TEST_F(PppdLife, OfOursThatIsFrozenEndsByPppdsEcho) {
  join(kEverySecond);
  expect_pings_cross();
  bridge().signal(SIGSTOP);
  guest().wait_for("No response to 3 echo-requests");
  guest().wait_for("sent [LCP TermReq");
  bridge().signal(SIGCONT);
  EXPECT_THAT(bridge().finish().err, HasSubstr("peer closed the link: Peer not responding"));
  guest().wait_for("pppd ended with ");
}

// Neither end's Echo-Requests may wait behind data for so long that it gives up.
TEST_F(PppdLife, GoesOnWhileTheLineIsFull) {
  join(kEverySecond);
  echo(connect_tcp(kPppds, kEchoPort).get(), 3 * kPayload);
  EXPECT_THAT(guest().console(), Not(HasSubstr("No response")));
  bridge().signal(SIGTERM);
  EXPECT_EQ(bridge().finish().status, 0) << "it was there until then";
}

TEST_F(PppdLife, EndsWhenPppdIsToldTo) {
  join("");
  expect_pings_cross();
  guest().shell("kill $(pidof pppd)");
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 0) << "in good order";
  EXPECT_THAT(ended.err, HasSubstr("tun0 is down: peer closed the link: User request"));
  guest().wait_for("rcvd [LCP TermAck");
  guest().wait_for("pppd ended with 5");  // pppd(8): by a signal
}

TEST_F(PppdLife, EndsWhenWeAreToldTo) {
  join("");
  expect_pings_cross();
  bridge().signal(SIGTERM);
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 0);
  EXPECT_THAT(ended.err, HasSubstr("tun0 is down: terminated"));
  guest().wait_for("LCP terminated by peer (terminated)");
  guest().wait_for("pppd ended with 16");  // pppd(8): hung up
}

TEST_F(PppdLife, BeginsAgainWithAPppdThatPersists) {
  join("persist holdoff 1 maxfail 0");
  expect_pings_cross();
  guest().shell("kill -HUP $(pidof pppd)");
  EXPECT_THAT(bridge().finish().err, HasSubstr("peer closed the link"));

  start_bridge();
  wait_until_up();
  expect_packets_cross();
}

// A Configure-Request in Opened: our end goes down and up without losing its line.
TEST_F(PppdLife, IsNegotiatedAnewWithAnotherPppd) {
  join("");
  expect_pings_cross();
  guest().shell("kill -KILL $(pidof pppd)");
  guest().wait_for("pppd ended with 137");
  start_pppd("novj");
  wait_until_up();
  expect_packets_cross();
}

// The same the other way round.
TEST_F(PppdLife, IsNegotiatedAnewWithAnotherOfOurs) {
  join("");
  expect_pings_cross();
  bridge().signal(SIGKILL);
  bridge().finish();
  start_bridge({"--mru", "1400"});
  wait_until_up();
  EXPECT_EQ(pppds_mtu(), 1400);
  expect_packets_cross();
}

}  // namespace
}  // namespace tunnel::test
