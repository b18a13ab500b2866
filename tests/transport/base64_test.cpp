#include "pppd-bridge/transport/base64.hpp"

#include <gtest/gtest.h>

namespace tunnel::transport {

namespace {

// RFC 4648 §10.
TEST(Base64, MatchesTheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, text] : vectors) {
    EXPECT_EQ(encode_base64(to_bytes(plain)), text);
    EXPECT_EQ(decode_base64(text), to_bytes(plain));
  }
}

TEST(Base64, LeavesThePaddingOutForFingerprints) {
  EXPECT_EQ(encode_base64(to_bytes("foob"), Base64Padding::Unpadded), "Zm9vYg");
}

TEST(Base64, RoundTripsEveryByteAtEveryLength) {
  std::vector<std::uint8_t> bytes;
  for (int value = 0; value < 256; ++value) {
    bytes.push_back(static_cast<std::uint8_t>(value * 7));
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (const auto* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
                           "Z===", "====", "Zg==Zg==", "Zm9-", "Zm9_"}) {
    EXPECT_EQ(decode_base64(text), std::nullopt) << text;
  }
}

}  // namespace

}  // namespace tunnel::transport
