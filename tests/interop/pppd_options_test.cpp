// What pppd may be told to ask for, or not to: the link comes up, and packets cross.

#include "tests/interop/pppd_link.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

struct Case {
  std::string name;
  std::string pppd{};
  std::vector<std::string> bridge{};
  unsigned our_mtu = 1500;
  unsigned pppds_mtu = 1500;  // never more than its MRU, whatever is agreed
};

void PrintTo(const Case& which, std::ostream* out) {
  *out << which.name;
}

const std::vector<Case> kCases{
    {.name = "Plain", .pppd = "novj noccp noipv6"},
    {.name = "NoOptionAtAll",
     .pppd = "default-asyncmap default-mru nomagic nopcomp noaccomp novj noccp noipv6"},
    {.name = "BsdCompressAndAllOfVj", .pppd = "nodeflate bsdcomp 15,15 vj-max-slots 16"},
    {.name = "SmallMruOfPppd", .pppd = "mru 296", .our_mtu = 296, .pppds_mtu = 296},
    {.name = "SmallMruOfOurs", .bridge = {"--mru", "296"}, .pppds_mtu = 296},
    {.name = "LargeMruOfPppd", .pppd = "mru 4000", .our_mtu = 4000},
    {.name = "LargeMruOfOurs", .pppd = "mtu 4000", .bridge = {"--mru", "4000"}},
    {.name = "LargeMruOfBoth",
     .pppd = "mru 9000 mtu 9000",
     .bridge = {"--mru", "9000"},
     .our_mtu = 9000,
     .pppds_mtu = 9000},
    // In what we send; and in both directions, as is RFC 1662's default.
    {.name = "EveryControlCharacterEscaped", .pppd = "asyncmap ffffffff"},
    {.name = "NoAccmNegotiated", .pppd = "default-asyncmap"},
    {.name = "MoreIsEscapedThanWasAskedFor", .pppd = "escape 11,13,41,7c,91,fe"},
    {.name = "Multilink", .pppd = "multilink"},
    {.name = "NameServersAskedFor", .pppd = "usepeerdns"},
    {.name = "PppdWaitsForOurFirstWord", .pppd = "silent"},
};

class PppdOptions : public PppdLink, public testing::WithParamInterface<Case> {};

TEST_P(PppdOptions, PacketsCross) {
  join(GetParam().pppd, GetParam().bridge);
  EXPECT_EQ(our_mtu(), GetParam().our_mtu);
  EXPECT_EQ(pppds_mtu(), GetParam().pppds_mtu);
  expect_packets_cross();
}

std::string name_of(const testing::TestParamInfo<Case>& which) {
  return which.param.name;
}

INSTANTIATE_TEST_SUITE_P(Interop, PppdOptions, testing::ValuesIn(kCases), name_of);

class Pppd : public PppdLink {};

// VJ by Configure-Reject, Deflate and BSD-Compress by Protocol-Reject; IPv4 goes on.
TEST_F(Pppd, WithItsDefaultsIsRefusedCompression) {
  join("");
  guest().wait_for("rcvd [IPCP ConfRej id=0x1 <compress VJ 0f 01>]");
  guest().wait_for("Protocol-Reject for 'Compression Control Protocol' (0x80fd) received");
  expect_packets_cross();
}

TEST_F(Pppd, WithoutAnAddressGetsOneFromUs) {
  start_pppd("noipdefault", "");
  start_bridge();
  wait_until_up();
  EXPECT_THAT(guest().wait_for("local  IP address"), HasSubstr(kPppds));
  EXPECT_THAT(guest().wait_for("remote IP address"), HasSubstr(kOurs));
  expect_packets_cross();
}

TEST_F(Pppd, ThatTakesAnyAddressTakesOurs) {
  start_pppd("ipcp-accept-local ipcp-accept-remote", "10.5.5.5:10.6.6.6");
  start_bridge();
  wait_until_up();
  expect_packets_cross();
}

TEST_F(Pppd, ThatInsistsOnAnotherAddressIsToldAndNamed) {
  start_pppd("", "10.5.5.5:10.99.0.2");
  start_bridge();
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("peer insists on address 10.5.5.5"));
}

TEST_F(Pppd, ThatInsistsOnAnotherAddressForUsIsNamed) {
  start_pppd("", "10.99.0.1:10.6.6.6");
  start_bridge();
  const auto ended = bridge().finish();
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.err, HasSubstr("peer refuses address 10.99.0.2 and offers 10.6.6.6"));
}

}  // namespace
}  // namespace tunnel::test
