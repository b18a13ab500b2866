#include "tunneld/base/ppp_terms.hpp"

#include <gtest/gtest.h>

namespace tunnel {
namespace {

Ipv4Address ipv4(std::string_view text) {
  return *Ipv4Address::parse(text);
}

TEST(AddressWish, IsWrittenAsAProfileHasIt) {
  EXPECT_EQ((AddressWish{ipv4("10.224.1.9"), 24}.str()), "10.224.1.9/24");
  EXPECT_EQ((AddressWish{{}, 0}.str()), "0.0.0.0/0");
  EXPECT_EQ(AddressWish{ipv4("10.224.1.9")}.str(), "10.224.1.9");
}

TEST(AddressWish, HasTheNetworkThatItsAddressLiesIn) {
  EXPECT_EQ((AddressWish{ipv4("10.224.1.9"), 24}.network().str()), "10.224.1.0/24");
  EXPECT_EQ((AddressWish{{}, 0}.network().str()), "0.0.0.0/0");
  EXPECT_EQ(AddressWish{ipv4("10.224.1.9")}.network(), Prefix::host(ipv4("10.224.1.9")));
}

TEST(AddressWish, AllowsWhatAHostOfItsNetworkCanHave) {
  const AddressWish any{{}, 0};
  EXPECT_TRUE(any.allows(ipv4("192.0.2.1")));
  for (const auto* none : {"0.0.0.0", "0.0.0.1", "127.0.0.1", "224.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(any.allows(ipv4(none))) << none;
  }
  const AddressWish fixed{ipv4("10.224.1.9")};
  EXPECT_TRUE(fixed.fixed());
  EXPECT_TRUE(fixed.allows(ipv4("10.224.1.9")));
  EXPECT_FALSE(fixed.allows(ipv4("10.224.1.8")));
}

}  // namespace
}  // namespace tunnel
