// The name of the far gateway: resolved again at each attempt, and every address tried.

#include "tests/netns/clients.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

class Name : public WithEitherClient {
 protected:
  Name() : world_{GetParam()} {
    world_.start_sshd();
    world_.start_tunneld("labs");
  }

  void call(const std::string& name) {
    world_.edit_profile("home", "vpn.labs.example", name);
    world_.start_tunneld("home");
  }

  /// Lines of HOME's /etc/hosts.
  void is_known(const std::string& lines) {
    world_.write("home", "/etc/hosts", "127.0.0.1 localhost\n" + lines);
  }

  World world_;
};

TEST_P(Name, ThatDoesNotResolveIsNamedAndResolvedAgainLater) {
  call("moved.labs.example");
  world_.wait_for("home", is_waiting_for("moved.labs.example"));

  is_known("203.0.113.4 moved.labs.example\n");

  world_.tunnelctl("home", {"retry", "labs"});
  world_.wait_until_up("home");
}

TEST_P(Name, WithADeadAddressFirstIsReachedByTheSecond) {
  is_known("198.51.100.1 two.labs.example\n203.0.113.4 two.labs.example\n");
  call("two.labs.example");

  const auto site = world_.wait_for("home", is_state("up"));

  EXPECT_THAT(text_of(site, "peer"), HasSubstr("203.0.113.4"));
  EXPECT_EQ(number_of(site, "failures"), 0) << "in one attempt";
}

// `ssh` tells of the last address only.
TEST_P(Name, WithTwoDeadAddressesHasThemInTheReason) {
  is_known("198.51.100.1 two.labs.example\n203.0.113.1 two.labs.example\n");
  call("two.labs.example");

  const auto site = world_.wait_for("home", is_waiting_for("refused"));

  const std::vector<std::string> named =
      GetParam() == SshClient::Libssh2
          ? std::vector<std::string>{"198.51.100.1 port 22", "203.0.113.1 port 22"}
          : std::vector<std::string>{"two.labs.example port 22"};
  for (const auto& name : named) EXPECT_THAT(text_of(site, "last_error"), HasSubstr(name));
}

TEST_P(Name, OfAnIpv6AddressIsReached) {
  is_known("2001:db8:2::4 six.labs.example\n");
  world_.edit_profile("labs", "\"198.51.100.0/24\"", "\"2001:db8:1::/64\"");
  call("six.labs.example");

  const auto site = world_.wait_for("home", is_state("up"));

  EXPECT_THAT(text_of(site, "peer"), HasSubstr("2001:db8:2::4"));
}

INSTANTIATE_TEST_SUITE_P(Clients, Name, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
