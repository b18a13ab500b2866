// What sshd is told, from sites as values: what no configuration without mistakes can hold as well.

#include "tunneld/ctl/authorized_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

config::Site answering(const char* name, std::vector<config::AuthorizedKey> keys,
                       std::vector<std::string> from = {}) {
  config::Site site;
  site.name = *SiteName::parse(name);
  site.ssh = config::Answer{.authorized_keys = std::move(keys), .from = std::move(from)};
  return site;
}

config::Site dialling(const char* name) {
  config::Site site;
  site.name = *SiteName::parse(name);
  site.ssh = config::Dial{};
  return site;
}

AuthorizedKeys keys_of(const std::vector<config::Site>& sites,
                       const std::optional<OfferedKey>& offered = std::nullopt) {
  const auto keys = authorized_keys(sites, {.bridge = "/usr/sbin/pppd-bridge"}, offered);
  EXPECT_TRUE(keys.has_value());
  return keys ? *keys : AuthorizedKeys{};
}

const config::AuthorizedKey kOne{.type = "ssh-ed25519", .base64 = "AAAAone+/=", .comment = "a b"};
const config::AuthorizedKey kTwo{.type = "ssh-ed25519", .base64 = "AAAAtwo", .comment = ""};

TEST(AuthorizedKeys, EveryKeyOfAnAnsweringSiteIsALine) {
  const auto keys = keys_of({answering("home", {kOne, kTwo}), dialling("labs")});
  EXPECT_EQ(keys.lines,
            "restrict,command=\"/usr/sbin/pppd-bridge answer home\" ssh-ed25519 AAAAone+/= a b\n"
            "restrict,command=\"/usr/sbin/pppd-bridge answer home\" ssh-ed25519 AAAAtwo\n");
  EXPECT_THAT(keys.refused, IsEmpty());
}

std::string command_with_ticket(const std::string& ticket) {
  const std::vector<config::Site> sites{answering("home", {kTwo})};
  const auto keys = authorized_keys(
      sites,
      {.bridge = "/b",
       .ticket = [&](const config::Site& site) { return site.name.str() + ticket; }},
      OfferedKey{.base64 = kTwo.base64, .fingerprint = "SHA256:two"});
  return keys ? keys->lines : std::string{};
}

TEST(AuthorizedKeys, TheTicketOfTheSiteGoesIntoTheCommand) {
  EXPECT_EQ(command_with_ticket("0123"),
            "restrict,command=\"/b answer home --key SHA256:two --ticket home0123\" ssh-ed25519 "
            "AAAAtwo\n");
}

TEST(AuthorizedKeys, ATicketThatTheShellWouldReadIsLeftOut) {
  for (const auto* ticket : {" x", "\"", "$(reboot)", "\n", "'"}) {
    EXPECT_EQ(command_with_ticket(ticket),
              "restrict,command=\"/b answer home --key SHA256:two\" ssh-ed25519 AAAAtwo\n");
  }
}

TEST(AuthorizedKeys, AKeyOfTwoSitesOpensNeither) {
  const auto keys = keys_of({answering("attic", {kOne}), answering("home", {kOne, kTwo})});
  EXPECT_EQ(keys.lines,
            "restrict,command=\"/usr/sbin/pppd-bridge answer home\" ssh-ed25519 AAAAtwo\n");
  EXPECT_THAT(keys.refused, ElementsAre(HasSubstr("a key of attic"), HasSubstr("a key of home")));
}

TEST(AuthorizedKeys, AKeyOfTwoSitesOpensNeitherWhenItIsOffered) {
  const auto keys = keys_of({answering("attic", {kOne}), answering("home", {kOne})},
                            OfferedKey{.base64 = kOne.base64});
  EXPECT_EQ(keys.lines, "");
}

TEST(AuthorizedKeys, WhatWouldEndALineOrItsQuotesIsLeftOut) {
  auto type = kOne;
  type.type = "ssh-ed25519 x";
  auto base64 = kOne;
  base64.base64 = "AAAA\"";
  auto comment = kOne;
  comment.comment = "a\nssh-ed25519 AAAAmine";
  for (const auto& key : {type, base64, comment}) {
    const auto keys = keys_of({answering("home", {key, kTwo})});
    EXPECT_EQ(keys.lines,
              "restrict,command=\"/usr/sbin/pppd-bridge answer home\" ssh-ed25519 AAAAtwo\n");
    EXPECT_THAT(keys.refused, ElementsAre(HasSubstr("a key of home")));
  }
  EXPECT_EQ(keys_of({answering("home", {kTwo}, {"10.0.0.0/8\",command=\"sh"})}).lines, "");
}

TEST(AuthorizedKeys, APathThatCannotBeSaidIsAnError) {
  for (const auto* path : {"pppd-bridge", "/opt/a\"b", "/opt/a'b", "/opt/a\\b", "/opt/a\nb"}) {
    EXPECT_FALSE(authorized_keys({}, {.bridge = path}, std::nullopt).has_value()) << path;
    EXPECT_FALSE(authorized_keys({}, {.bridge = "/b", .socket = path}, std::nullopt).has_value())
        << path;
  }
}

TEST(AuthorizedKeys, WhatTheShellWouldReadIsQuotedForIt) {
  const std::vector<config::Site> sites{answering("home", {kTwo})};
  const auto keys =
      authorized_keys(sites, {.bridge = "/opt/$(reboot)/b", .socket = "/run/a b/s"}, std::nullopt);
  ASSERT_TRUE(keys.has_value());
  EXPECT_THAT(keys->lines,
              HasSubstr("command=\"'/opt/$(reboot)/b' answer home --socket '/run/a b/s'\" "));
}

}  // namespace
}  // namespace tunnel::ctl
