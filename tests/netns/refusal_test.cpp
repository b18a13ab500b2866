// Links that somebody refuses: the reason is in the dialler's status, and nothing is left behind.

#include "tests/netns/clients.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Refusal = WithEitherClient;

void start_gateways(const World& world) {
  world.start_sshd();
  world.start_tunneld("labs");
  world.start_tunneld("home");
}

/// The longest pause, one alert, and none for a second attempt that ends alike.
void expect_permanent(const World& world, const std::string& reason) {
  auto watch = world.watch("home");
  const auto first = watch.wait_for(is_waiting_for(reason));
  EXPECT_GE(first.at("next_attempt_seconds").to_number<double>(), 25)
      << "the longest pause is 60 s";
  EXPECT_THAT(log_lines(world, "home", "console", "alert reason="), SizeIs(1));

  EXPECT_EQ(world.tunnelctl("home", {"retry", "labs"}).status, 0);
  watch.wait_for([&](const auto& site) {
    return is_waiting_for(reason)(site) &&
           text_of(site, "last_error_at") != text_of(first, "last_error_at");
  });
  EXPECT_THAT(log_lines(world, "home", "console", "alert reason="), SizeIs(1));
  EXPECT_THAT(log_lines(world, "home", "auth", reason), Not(IsEmpty()));
  EXPECT_THAT(world.programs_on("home"), ElementsAre("tunneld"));
}

TEST_P(Refusal, OfAWrongHostKeyHappensBeforeAnythingIsSent) {
  World world{GetParam()};
  const auto real = public_key_in(world, "labs", "/etc/ssh/ssh_host_ed25519_key.pub");
  const auto other = make_public_key(world, "labs");
  world.edit_profile("home", real, other);

  start_gateways(world);
  expect_permanent(world, fingerprint(world, real));

  EXPECT_THAT(text_of(world.status("home").site, "last_error"),
              HasSubstr(fingerprint(world, other)));
  EXPECT_THAT(sshd_log(world), Not(HasSubstr("Accepted"))) << "no session, and so no PPP";
  EXPECT_EQ(number_of(world.status("labs").site, "established"), 0);

  world.edit_profile("home", other, real);
  EXPECT_THAT(world.tunnelctl("home", {"reload"}).out, HasSubstr("changed: labs"));
  world.wait_until_up("home");
}

TEST_P(Refusal, OfTheKeyIsPermanentUntilLabsKnowsIt) {
  World world{GetParam()};
  const auto ours = public_key_in(world, "home", "/etc/tunneld/keys/labs.pub");
  const auto other = make_public_key(world, "labs");
  world.edit_profile("labs", ours, other);

  start_gateways(world);
  expect_permanent(world, "does not accept our key");
  EXPECT_THAT(log_lines(world, "labs", "auth", "no site has it"),
              Contains(HasSubstr("key " + fingerprint(world, ours) + " was offered for pppossh")));

  world.edit_profile("labs", other, ours);
  EXPECT_EQ(world.tunnelctl("home", {"retry", "labs"}).status, 0);
  world.wait_until_up("home");
}

TEST_P(Refusal, OfAnUnknownSiteInTheForcedCommandReachesTheDialler) {
  World world{GetParam()};
  answer_with(world, "exec pppd-bridge answer nowhere");

  start_gateways(world);

  world.wait_for("home", is_waiting_for("there is no site nowhere on this gateway"));
  EXPECT_THAT(log_lines(world, "labs", "auth", "refused from 198.51.100.10"), Not(IsEmpty()));
}

TEST_P(Refusal, ByAGatewayWithoutTunneldReachesTheDialler) {
  World world{GetParam()};
  // Labs' sshd asks the profiles and not the daemon, so the key is accepted.
  world.start_sshd();
  world.start_tunneld("home");

  world.wait_for("home", is_waiting_for("tunneld is not running on this gateway"));

  world.start_tunneld("labs");
  world.wait_until_up("home");
}

TEST_P(Refusal, OfTheAddressThatACallComesFromIsPermanent) {
  World world{GetParam()};
  world.edit_profile("labs", "\"198.51.100.0/24\"", "\"192.0.2.0/24\"");

  start_gateways(world);

  world.wait_for("home", is_waiting_for("is our address allowed?"));
}

INSTANTIATE_TEST_SUITE_P(Clients, Refusal, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
