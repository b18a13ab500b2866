// What the ring of the last control packets keeps of those that carry secrets: nothing, for what
// writes a core keeps it, too.

#include "pppd-bridge/ppp/packet_ring.hpp"

#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace tunnel::ppp::test {
namespace {

class KeptPackets : public testing::Test {
 protected:
  void note(Protocol protocol, const Octets& packet) {
    ring_.note(Direction::Received, protocol, packet, TimePoint{1h});
  }

  /// Whether the text stands anywhere in the memory of the ring.
  bool keeps(const std::string& words) const {
    const auto memory = std::as_bytes(std::span{&ring_, 1});
    const auto same = [](std::byte kept, char c) {
      return kept == static_cast<std::byte>(static_cast<unsigned char>(c));
    };
    return std::search(memory.begin(), memory.end(), words.begin(), words.end(), same) !=
           memory.end();
  }

  static Octets pap(const std::string& password) {
    const auto size = static_cast<std::uint8_t>(password.size());
    return control(Code{1}, 7, joined({{4}, text("home"), {size}, text(password)}));
  }

  static Octets chap(const std::string& response) {
    const auto size = static_cast<std::uint8_t>(response.size());
    return control(Code{2}, 7, joined({{size}, text(response), text("home")}));
  }

  /// RFC 1661 §5.7.
  static Octets protocol_reject(Protocol rejected, const Octets& packet) {
    const auto number = static_cast<std::uint16_t>(rejected);
    return control(
        Code::ProtocolReject, 1,
        joined(
            {{static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)}, packet}));
  }

 private:
  PacketRing ring_;
};

TEST_F(KeptPackets, AreFoundByThisTest) {
  note(Protocol::Lcp, control(Code::Identification, 1, joined({kPeerMagic, text("sesame")})));
  EXPECT_TRUE(keeps("sesame"));
}

TEST_F(KeptPackets, HaveNoPasswordInThem) {
  note(Protocol::Pap, pap("sesame"));
  EXPECT_FALSE(keeps("sesame"));
  EXPECT_TRUE(keeps("home"));
}

TEST_F(KeptPackets, HaveNoBeginningOfAPasswordThatIsTooLongToBeKept) {
  note(Protocol::Pap, pap("sesame" + std::string(200, 'x')));
  EXPECT_FALSE(keeps("se"));
  EXPECT_FALSE(keeps("xx"));
}

TEST_F(KeptPackets, HaveNoResponseInThem) {
  note(Protocol::Chap, chap("sixteen octets.."));
  note(Protocol::Chap, chap("sixteen octets.." + std::string(200, 'x')));
  EXPECT_FALSE(keeps("sixteen"));
  EXPECT_FALSE(keeps("xx"));
}

TEST_F(KeptPackets, HaveNoSecretInARejectOfTheProtocolThatCarriesIt) {
  for (const auto& secret : {std::string{"sesame"}, "sesame" + std::string(200, 'x')}) {
    note(Protocol::Lcp, protocol_reject(Protocol::Pap, pap(secret)));
    note(Protocol::Lcp, protocol_reject(Protocol::Chap, chap(secret)));
  }
  EXPECT_FALSE(keeps("sesame"));
  EXPECT_FALSE(keeps("xx"));
}

TEST_F(KeptPackets, HaveNoSecretInARejectCutToAnyLength) {
  const auto reject = protocol_reject(Protocol::Pap, pap("sesame"));
  for (std::size_t size = 0; size < reject.size(); ++size) {
    note(Protocol::Lcp, Octets(reject.begin(), reject.begin() + static_cast<std::ptrdiff_t>(size)));
    ASSERT_FALSE(keeps("se")) << size;
  }
}

TEST_F(KeptPackets, HaveWhatIsNoSecretInARejectOfAnotherProtocol) {
  note(Protocol::Lcp, protocol_reject(Protocol{0x4003}, text("anything at all")));
  EXPECT_TRUE(keeps("anything at all"));
}

}  // namespace
}  // namespace tunnel::ppp::test
