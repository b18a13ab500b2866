#include "tunneld/auth/digests.hpp"

#include "tests/auth/octets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdlib.h>

namespace tunnel::auth {
namespace {

using testing::ElementsAreArray;

class DigestsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto loaded = Digests::with_legacy();
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message();
    digests_ = *std::move(loaded);
  }

  std::vector<std::uint8_t> des(std::string_view key, std::string_view clear) const {
    std::vector<std::uint8_t> out(8);
    digests_.des(octets(key), octets(clear), out);
    return out;
  }

  Digests digests_ = Digests::common();
};

// RFC 1321 §A.5
TEST_F(DigestsTest, HaveMd5AsItsRfcSays) {
  std::vector<std::uint8_t> out(16);
  digests_.md5({to_bytes("message digest")}, out);
  EXPECT_THAT(out, ElementsAreArray(octets("f96b697d7cb7938d525a2f31aaf161d0")));
  digests_.md5({}, out);
  EXPECT_THAT(out, ElementsAreArray(octets("d41d8cd98f00b204e9800998ecf8427e")));
}

// RFC 1320 §A.5
TEST_F(DigestsTest, HaveMd4AsItsRfcSays) {
  std::vector<std::uint8_t> out(16);
  digests_.md4({to_bytes("abc")}, out);
  EXPECT_THAT(out, ElementsAreArray(octets("a448017aaf21d8525fc10ae87aa6729d")));
}

// FIPS 180-2 §A.1
TEST_F(DigestsTest, HaveSha1AsItsStandardSays) {
  std::vector<std::uint8_t> out(20);
  digests_.sha1({to_bytes("abc")}, out);
  EXPECT_THAT(out, ElementsAreArray(octets("a9993e364706816aba3e25717850c26c9cd0d89d")));
}

TEST_F(DigestsTest, TakeTheirPartsOneAfterTheOther) {
  std::vector<std::uint8_t> whole(16);
  std::vector<std::uint8_t> parts(16);
  digests_.md5({to_bytes("message digest")}, whole);
  digests_.md5({to_bytes("mess"), {}, to_bytes("age digest")}, parts);
  EXPECT_EQ(whole, parts);
}

// The key of 56 bits is 133457799BBCDFF1 without its parity bits: the worked example of DES in
// Grabbe's "The DES Algorithm Illustrated".
TEST_F(DigestsTest, HaveDesWithAKeyThatHasNoParity) {
  EXPECT_THAT(des("12 69 5B C9 B7 B7 F8", "0123456789ABCDEF"),
              ElementsAreArray(octets("85E813540F0AB405")));
}

// RFC 2759 §9.3: FC156AF7EDCD6C becomes the key FD0B5B5E7F6E34D9, with parity; the block is what
// `openssl enc -des-ecb -K FD0B5B5E7F6E34D9 -nopad` makes.
TEST_F(DigestsTest, SpreadAKeyAsMsChapDoes) {
  EXPECT_THAT(des("FC156AF7EDCD6C", "0123456789ABCDEF"),
              ElementsAreArray(octets("2406C122F5D6D934")));
}

// OpenSSL looks for its providers where this variable says.
TEST(DigestsWithoutLegacyProvider, AreAnErrorThatSaysWhatIsMissing) {
  ASSERT_EQ(setenv("OPENSSL_MODULES", "/nonexistent", 1), 0);
  const auto loaded = Digests::with_legacy();
  ASSERT_EQ(unsetenv("OPENSSL_MODULES"), 0);
  ASSERT_TRUE(loaded.has_error());
  EXPECT_THAT(loaded.error().message(),
              testing::HasSubstr("MS-CHAPv2 needs OpenSSL's legacy provider"));
}

}  // namespace
}  // namespace tunnel::auth
