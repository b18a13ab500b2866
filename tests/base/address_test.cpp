#include "tunneld/base/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tunnel {
namespace {

Prefix prefix(std::string_view text) {
  const auto parsed = Prefix::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Prefix{});
}

Ipv4Address v4(std::string_view text) {
  return Ipv4Address::parse(text).value();
}

Ipv6Address v6(std::string_view text) {
  return Ipv6Address::parse(text).value();
}

TEST(Ipv4Address, IsParsedToHostByteOrderAndPrintedBack) {
  EXPECT_EQ(v4("10.224.1.2").value, 0x0ae00102U);
  for (const std::string text : {"0.0.0.0", "255.255.255.255", "10.224.1.1", "1.0.0.1"}) {
    EXPECT_EQ(v4(text).str(), text);
  }
  EXPECT_TRUE(v4("0.0.0.0").is_unspecified());
  EXPECT_FALSE(v4("0.0.0.1").is_unspecified());
}

TEST(Ipv4Address, IsFourDecimalNumbersAndNothingElse) {
  for (const std::string_view text :
       {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4",
        "1.2.3.4/32", "01.2.3.4", "0x1.2.3.4", "1..2.3", "1.2.3.", "a.b.c.d", "1.2.3.4\n", "::1"}) {
    EXPECT_EQ(Ipv4Address::parse(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(Ipv4Address::parse(std::string_view{"1.2.3.4\0x", 9}), std::nullopt);
}

TEST(Ipv6Address, IsPrintedAsRfc5952Says) {
  for (const auto& [text, canonical] : std::vector<std::pair<std::string, std::string>>{
           {"::", "::"},
           {"::1", "::1"},
           {"2001:DB8::0001", "2001:db8::1"},
           {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
           {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
           {"fe80::0:0", "fe80::"},
           {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
           {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
       }) {
    EXPECT_EQ(v6(text).str(), canonical) << text;
  }
  EXPECT_EQ(v6("2001:db8::1").bytes[0], 0x20);
  EXPECT_EQ(v6("2001:db8::1").bytes[15], 0x01);
}

TEST(Ipv6Address, RefusesWhatRfc4291DoesNotKnow) {
  for (const std::string_view text :
       {"", ":", ":::", "1::2::3", "12345::", "fe80::1%eth0", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "::g", "10.224.1.1", "::1/128", " ::1"}) {
    EXPECT_EQ(Ipv6Address::parse(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(Ipv6Address::parse(std::string_view{"::1\0x", 5}), std::nullopt);
}

TEST(Prefix, IsParsedAndPrintedBack) {
  for (const std::string text :
       {"0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.253.0/24", "10.224.1.2/32",
        "128.0.0.0/1", "::/0", "2001:db8::/32", "2001:db8::8000/113", "::1/128"}) {
    EXPECT_EQ(prefix(text).str(), text);
  }
}

TEST(Prefix, AnAddressAloneIsOneHost) {
  EXPECT_EQ(prefix("10.224.1.2"), Prefix::host(v4("10.224.1.2")));
  EXPECT_EQ(prefix("10.224.1.2").length(), 32);
  EXPECT_EQ(prefix("2001:db8::1").str(), "2001:db8::1/128");
  EXPECT_EQ(prefix("2001:db8::1"), Prefix::host(*Ipv6Address::parse("2001:db8::1")));
}

// Every length: the network has no host bit, and holds the address it was made of.
TEST(Prefix, OfALengthContainsItsAddress) {
  const auto four = v4("255.85.170.255");
  for (unsigned length = 0; length <= 32; ++length) {
    const auto network = Prefix::containing(four, length);
    ASSERT_TRUE(network) << length;
    EXPECT_EQ(network->length(), length);
    EXPECT_TRUE(network->contains(four)) << length;
  }
  EXPECT_EQ(Prefix::containing(four, 20)->str(), "255.85.160.0/20");
  EXPECT_FALSE(Prefix::containing(four, 33));

  const auto six = *Ipv6Address::parse("ffff:5555:aaaa:ffff:ffff:ffff:ffff:ffff");
  for (unsigned length = 0; length <= 128; ++length) {
    const auto network = Prefix::containing(six, length);
    ASSERT_TRUE(network) << length;
    EXPECT_EQ(network->length(), length);
    EXPECT_TRUE(network->contains(six)) << length;
  }
  EXPECT_EQ(Prefix::containing(six, 36)->str(), "ffff:5555:a000::/36");
  EXPECT_FALSE(Prefix::containing(six, 129));
}

TEST(Prefix, RefusesHostBitsAtEveryLength) {
  EXPECT_EQ(Prefix::parse("192.168.1.1/24"), std::nullopt);
  EXPECT_EQ(Prefix::parse("2001:db8::1/64"), std::nullopt);
  for (unsigned length = 0; length <= 32; ++length) {
    const auto last_network_bit = length == 0 ? 0U : 1U << (32 - length);
    EXPECT_TRUE(Prefix::make(Ipv4Address{last_network_bit}, length)) << length;
    if (length == 32) continue;
    const auto first_host_bit = 1U << (31 - length);
    EXPECT_FALSE(Prefix::make(Ipv4Address{first_host_bit}, length)) << length;
    EXPECT_FALSE(Prefix::make(Ipv4Address{1}, length)) << length;
  }
  for (unsigned length = 0; length < 128; ++length) {
    Ipv6Address address;
    address.bytes[length / 8] = static_cast<std::uint8_t>(0x80U >> (length % 8));
    EXPECT_FALSE(Prefix::make(address, length)) << length;
    EXPECT_TRUE(Prefix::make(address, length + 1)) << length;
  }
}

TEST(Prefix, RefusesBrokenLengths) {
  for (const std::string_view text :
       {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8", "10.0.0.0/8 ",
        "10.0.0.0/8/8", "10.0.0.0/4294967304", "10.0.0.0/99999999999999999999", "::/129", "::/",
        "10.0.0.0/255.0.0.0", "/8", "", "10.0.0/8", "example.org/8"}) {
    EXPECT_EQ(Prefix::parse(text), std::nullopt) << '"' << text << '"';
  }
  EXPECT_EQ(Prefix::make(Ipv4Address{}, 33), std::nullopt);
  EXPECT_EQ(Prefix::make(Ipv6Address{}, 129), std::nullopt);
  EXPECT_EQ(Prefix::make(Ipv6Address{}, 256), std::nullopt);
}

TEST(Prefix, ContainsItsFirstAndLastAddressAndNeitherNeighbour) {
  const auto network = prefix("192.168.252.0/22");
  EXPECT_TRUE(network.contains(v4("192.168.252.0")));
  EXPECT_TRUE(network.contains(v4("192.168.255.255")));
  EXPECT_FALSE(network.contains(v4("192.168.251.255")));
  EXPECT_FALSE(network.contains(v4("192.169.0.0")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(v4("255.255.255.255")));
  EXPECT_TRUE(prefix("10.224.1.2").contains(v4("10.224.1.2")));
  EXPECT_FALSE(prefix("10.224.1.2").contains(v4("10.224.1.3")));
}

TEST(Prefix, ContainsNothingOfTheOtherFamilyAndNothingOfAnotherSize) {
  const auto everything = prefix("::/0");
  EXPECT_TRUE(everything.contains(v6("2001:db8::1").bytes));
  EXPECT_FALSE(everything.contains(v4("1.2.3.4")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(v6("::1").bytes));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(Bytes{}));
  EXPECT_FALSE(everything.contains(Bytes{v6("::1").bytes}.first(15)));
}

TEST(Prefix, ContainsIpv6AddressesByBitsNotBytes) {
  const auto network = prefix("2001:db8:8000::/33");
  EXPECT_TRUE(network.contains(v6("2001:db8:ffff::1").bytes));
  EXPECT_FALSE(network.contains(v6("2001:db8:7fff::1").bytes));
}

// What contains() means, by arithmetic.
TEST(Prefix, ContainsAgreesWithArithmeticForRandomNetworks) {
  std::mt19937 random{1};
  for (int i = 0; i < 20000; ++i) {
    const auto length = static_cast<unsigned>(random() % 33);
    const auto mask = length == 0 ? 0U : ~0U << (32 - length);
    const auto network =
        Prefix::make(Ipv4Address{static_cast<std::uint32_t>(random()) & mask}, length);
    ASSERT_TRUE(network);
    // Near the network, or anywhere.
    const auto flip =
        random() % 2 == 0 ? 1U << random() % 32 : static_cast<std::uint32_t>(random());
    const Ipv4Address address{network->ipv4().value ^ flip};
    ASSERT_EQ(network->contains(address), (address.value & mask) == network->ipv4().value)
        << network->str() << ' ' << address.str();
  }
}

TEST(Prefix, OverlapsWhatItContainsAndWhatContainsIt) {
  EXPECT_TRUE(prefix("10.0.0.0/8").overlaps(prefix("10.224.1.0/24")));
  EXPECT_TRUE(prefix("10.224.1.0/24").overlaps(prefix("10.0.0.0/8")));
  EXPECT_TRUE(prefix("10.224.1.0/24").overlaps(prefix("10.224.1.0/24")));
  EXPECT_FALSE(prefix("10.224.1.0/24").overlaps(prefix("10.224.2.0/24")));
  EXPECT_TRUE(prefix("0.0.0.0/0").overlaps(prefix("203.0.113.4")));
  EXPECT_TRUE(prefix("2001:db8::/32").overlaps(prefix("2001:db8:1::/48")));
  EXPECT_FALSE(prefix("2001:db8::/32").overlaps(prefix("2001:db9::/32")));
}

TEST(Prefix, NeverOverlapsTheOtherFamily) {
  EXPECT_FALSE(prefix("0.0.0.0/0").overlaps(prefix("::/0")));
  EXPECT_FALSE(prefix("::/0").overlaps(prefix("0.0.0.0/0")));
}

TEST(Prefix, TellsWhatItIs) {
  EXPECT_EQ(prefix("10.0.0.0/8").family(), Family::Ipv4);
  EXPECT_EQ(prefix("10.0.0.0/8").address_bytes().size(), 4U);
  EXPECT_EQ(prefix("10.0.0.0/8").ipv4(), v4("10.0.0.0"));
  EXPECT_EQ(prefix("2001:db8::/32").family(), Family::Ipv6);
  EXPECT_EQ(prefix("2001:db8::/32").address_bytes().size(), 16U);
  EXPECT_EQ(prefix("2001:db8::/32").ipv6(), v6("2001:db8::"));
  EXPECT_EQ(Prefix{}.str(), "0.0.0.0/0");
}

TEST(PrefixDeathTest, AskedForTheOtherFamilysAddressIsABrokenInvariant) {
  EXPECT_DEATH(static_cast<void>(prefix("::/0").ipv4()), "broken invariant");
  EXPECT_DEATH(static_cast<void>(prefix("0.0.0.0/0").ipv6()), "broken invariant");
}

}  // namespace
}  // namespace tunnel
