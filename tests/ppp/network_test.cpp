// The control protocols of the Network phase between two ends: addresses that are bargained about,
// name servers, IPv6, and peers of one family only.

#include "tests/ppp/fake_wire.hpp"
#include "tests/ppp/scripted_peer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::ppp::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = DownReason::Kind;

Ipv4Address address(const char* text) {
  return *Ipv4Address::parse(text);
}

AddressWish wish(const char* text, std::uint8_t length) {
  return {address(text), length};
}

TEST(AddressWish, AllowsItsNetworkAndNothingThatNoHostCanHave) {
  EXPECT_TRUE(wish("10.1.2.3", 32).allows(address("10.1.2.3")));
  EXPECT_FALSE(wish("10.1.2.3", 32).allows(address("10.1.2.4")));
  EXPECT_TRUE(wish("10.1.2.3", 24).allows(address("10.1.2.255")));
  EXPECT_FALSE(wish("10.1.2.3", 24).allows(address("10.1.3.0")));
  const auto any = wish("0.0.0.0", 0);
  EXPECT_TRUE(any.allows(address("203.0.113.9")));
  for (const auto* never : {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "255.255.255.255"}) {
    EXPECT_FALSE(any.allows(address(never))) << never;
  }
}

TEST(Addresses, AreTakenFromAPeerThatKnowsThem) {
  auto first = home();
  first.ipv4.local = wish("0.0.0.0", 0);
  first.ipv4.remote = wish("0.0.0.0", 0);
  FakeWire wire{first, labs()};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_EQ(wire.a.agreed->ipv4->local.str(), "10.224.1.1");
  EXPECT_EQ(wire.a.agreed->ipv4->remote.str(), "10.224.1.2");
}

TEST(Addresses, OutsideWhatTheProfileAllowsAreRefused) {
  auto first = home();
  first.ipv4.local = wish("10.9.0.1", 16);
  FakeWire wire{first, labs()};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "peer refuses address 10.9.0.1 and offers 10.224.1.1");
}

TEST(Addresses, ThatNobodyKnowsEndTheLink) {
  auto first = home();
  auto second = labs();
  first.ipv4.local = second.ipv4.remote = wish("0.0.0.0", 0);
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  ASSERT_TRUE(wire.both_finished());
  EXPECT_EQ(wire.b.reason(), "peer asks which address it has, and the profile names none");
}

TEST(NameServers, AreToldToAPeerThatAsks) {
  auto first = home();
  auto second = labs();
  first.ipv4.dns_policy = first.ipv4.nbns_policy = Policy::Request;
  second.ipv4.dns = {address("10.0.0.53"), address("10.0.1.53")};
  second.ipv4.nbns = {address("10.0.0.42")};
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_THAT(wire.a.agreed->ipv4->dns, ElementsAre(address("10.0.0.53"), address("10.0.1.53")));
  EXPECT_THAT(wire.a.agreed->ipv4->nbns, ElementsAre(address("10.0.0.42")));
  EXPECT_THAT(wire.b.agreed->ipv4->dns, IsEmpty());
}

TEST(NameServers, ThatAreRequiredAndRefusedEndTheLink) {
  auto first = home();
  first.ipv4.dns_policy = Policy::Require;
  FakeWire wire{first, labs()};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "peer names no DNS server, which the profile requires");
}

/// Of whose peer the test writes every packet.
class RequiredNameServer : public ScriptedPeer {
 protected:
  static LinkOptions wishes() {
    auto out = home();
    out.ipv4.dns_policy = Policy::Require;
    return out;
  }

  RequiredNameServer() : ScriptedPeer{wishes()} {}
};

TEST_F(RequiredNameServer, IsNotOneThatThePeerAcksAsNone) {
  open_lcp();
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  answer_ipcp(Code::ConfigureAck);  // of 0.0.0.0
  EXPECT_EQ(us.network_ups, 0U);
  us.link.transport_down(now);
  EXPECT_EQ(us.reason(), "peer names no DNS server, which the profile requires");
  EXPECT_EQ(us.finished_reasons[0].kind, Kind::OptionRefused);
}

TEST_F(RequiredNameServer, IsOneThatThePeerNames) {
  open_lcp();
  ipcp(Code::ConfigureRequest, 1, kPeerAddress);
  const auto request = last(Protocol::Ipcp, Code::ConfigureRequest);
  ipcp(Code::ConfigureNak, request.id(), {129, 6, 10, 0, 0, 53, 131, 6, 10, 0, 0, 53});
  answer_ipcp(Code::ConfigureAck);
  ASSERT_TRUE(us.agreed);
  EXPECT_THAT(us.agreed->ipv4->dns, ElementsAre(address("10.0.0.53")));
}

TEST(NameServers, AreKeptFromAPeerByTheProfile) {
  auto first = home();
  auto second = labs();
  first.ipv4.dns_policy = Policy::Request;
  second.ipv4.dns = {address("10.0.0.53")};
  second.ipv4.dns_policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_THAT(wire.a.agreed->ipv4->dns, IsEmpty());
}

class Ipv6 : public testing::Test {
 protected:
  Ipv6() {
    first.ipv6.policy = second.ipv6.policy = Policy::Request;
    first.ipv6.id = InterfaceId{0x0ae00101};
    second.ipv6.id = InterfaceId{0x0ae00102};
  }

  LinkOptions first = home();
  LinkOptions second = labs();
};

TEST_F(Ipv6, ComesUpBesideIpv4) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.a.agreed && wire.a.agreed->ipv6 && wire.a.agreed->ipv4);
  EXPECT_EQ(wire.a.agreed->ipv6->local.str(), "fe80::ae0:101");
  EXPECT_EQ(wire.a.agreed->ipv6->remote.str(), "fe80::ae0:102");
  EXPECT_TRUE(wire.a.link.open(Protocol::Ipv6));
}

TEST_F(Ipv6, ComesUpAlone) {
  first.ipv4.policy = second.ipv4.policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_FALSE(wire.a.agreed->ipv4);
  EXPECT_FALSE(wire.a.link.open(Protocol::Ipv4));
}

TEST_F(Ipv6, IsDoneWithoutWhereThePeerHasNone) {
  second.ipv6.policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(30s);
  ASSERT_TRUE(wire.both_open());
  EXPECT_TRUE(wire.a.agreed->ipv4);
  EXPECT_FALSE(wire.a.agreed->ipv6);
}

TEST_F(Ipv6, EndsTheLinkWhereItIsRequiredAndThePeerHasNone) {
  first.ipv6.policy = Policy::Require;
  second.ipv6.policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(30s);
  EXPECT_EQ(wire.a.reason(), "the peer does not know IPV6CP");
}

TEST_F(Ipv6, IsGrantedToAPeerThatAsksWhereTheProfileOnlyAccepts) {
  second.ipv6.policy = Policy::Accept;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.b.agreed && wire.b.agreed->ipv6);
}

TEST_F(Ipv6, BeginsSomewhereWhereBothEndsOnlyAccept) {
  for (auto* end : {&first, &second}) {
    end->ipv4.policy = Policy::Deny;
    end->ipv6.policy = Policy::Accept;
  }
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.both_open());
}

// RFC 5072 §4.1.
TEST_F(Ipv6, GetsTwoIdentifiersOutOfACollision) {
  second.ipv6.id = first.ipv6.id;
  FakeWire wire{first, second};
  wire.up();
  wire.run(5s);
  ASSERT_TRUE(wire.a.agreed->ipv6 && wire.b.agreed->ipv6);
  EXPECT_NE(wire.a.agreed->ipv6->local, wire.a.agreed->ipv6->remote);
  EXPECT_EQ(wire.a.agreed->ipv6->local, wire.b.agreed->ipv6->remote);
}

TEST_F(Ipv6, MakesIdentifiersUpWithTheUniversalBitCleared) {
  first.ipv6.id = second.ipv6.id = std::nullopt;
  for (std::uint32_t seed = 1; seed < 100; ++seed) {
    FakeWire wire{first, second, seed};
    wire.up();
    wire.run(1s);
    ASSERT_TRUE(wire.a.agreed && wire.a.agreed->ipv6);
    EXPECT_EQ(wire.a.agreed->ipv6->local.value >> 56 & 2, 0U);
  }
}

TEST_F(Ipv6, AndIpv4DeniedEndTheLink) {
  first.ipv4.policy = first.ipv6.policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(30s);
  EXPECT_EQ(wire.a.reason(), "the profile allows neither IPv4 nor IPv6");
}

TEST_F(Ipv6, ThatFailedIsTriedAgainWithTheNextNegotiation) {
  second.ipv6.policy = Policy::Deny;
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  ASSERT_TRUE(wire.both_open());
  wire.a.link.transport_down(wire.now);
  wire.b.link.transport_down(wire.now);
  wire.up();
  wire.run(1s);
  EXPECT_TRUE(wire.both_open());
  EXPECT_TRUE(wire.a.agreed && wire.a.agreed->ipv4);
}

// Half a link would hide that one of the profiles is wrong.
TEST_F(Ipv6, DoesNotCoverUpAddressesOfIpv4ThatDoNotAgree) {
  second.ipv4.remote = {*Ipv4Address::parse("10.224.9.9"), 32};
  FakeWire wire{first, second};
  wire.up();
  wire.run(10s);
  EXPECT_EQ(wire.a.reason(), "peer refuses address 10.224.1.1 and offers 10.224.9.9");
  EXPECT_FALSE(wire.a.agreed);
}

TEST_F(Ipv6, SurvivesTheEndOfIpv4) {
  FakeWire wire{first, second};
  wire.up();
  wire.run(1s);
  wire.a.link.receive(Protocol::Ipcp, control(Code::TerminateRequest, 9), wire.now);
  ASSERT_TRUE(wire.a.agreed);
  EXPECT_FALSE(wire.a.agreed->ipv4);
  EXPECT_TRUE(wire.a.agreed->ipv6);
  EXPECT_EQ(wire.a.network_downs, 0U);
  EXPECT_EQ(wire.a.reason(), "");
}

class Ipv6cpTest : public ScriptedPeer {
 protected:
  static LinkOptions wishes() {
    auto out = options("10.224.1.1", "10.224.1.2");
    out.ipv6 = {.id = InterfaceId{0x11}, .policy = Policy::Request};
    return out;
  }

  Ipv6cpTest() : ScriptedPeer{wishes()} {}

  Packet answer_to(std::uint8_t id, const Octets& request) {
    us.link.receive(Protocol::Ipv6cp, control(Code::ConfigureRequest, id, request), now);
    return us.sent.back();
  }

  void refuse(Code code, const Octets& offered) {
    const auto request = last(Protocol::Ipv6cp, Code::ConfigureRequest);
    us.link.receive(Protocol::Ipv6cp, control(code, request.id(), offered), now);
  }
};

TEST_F(Ipv6cpTest, NaksZeroAndOurOwnIdentifierWithAnother) {
  open_lcp();
  for (const Octets& request :
       {Octets{1, 10, 0, 0, 0, 0, 0, 0, 0, 0}, Octets{1, 10, 0, 0, 0, 0, 0, 0, 0, 0x11}}) {
    const auto answer = answer_to(1, request);
    EXPECT_EQ(answer.code(), Code::ConfigureNak);
    EXPECT_EQ(answer.data().size(), 10U);
    EXPECT_NE(answer.data(), request);
  }
}

// RFC 5172: header compression is Rejected.
TEST_F(Ipv6cpTest, RejectsHeaderCompressionAndIdentifiersOfTheWrongLength) {
  open_lcp();
  EXPECT_EQ(answer_to(1, {2, 4, 0, 0x4f}).code(), Code::ConfigureReject);
  EXPECT_EQ(answer_to(2, {1, 9, 0, 0, 0, 0, 0, 0, 7}).code(), Code::ConfigureReject);
}

TEST_F(Ipv6cpTest, TakesASuggestionThatIsNotThePeersOwn) {
  open_lcp();
  refuse(Code::ConfigureNak, {1, 10, 0, 0, 0, 0, 0, 0, 0, 0x77});
  EXPECT_EQ(last(Protocol::Ipv6cp, Code::ConfigureRequest).data(),
            (Octets{1, 10, 0, 0, 0, 0, 0, 0, 0, 0x77}));
}

TEST_F(Ipv6cpTest, GivesUpWithoutEndingIpv4WhereThePeerNamesNoIdentifier) {
  open_ip();
  EXPECT_EQ(answer_to(1, {}).code(), Code::ConfigureNak);
  answer_to(2, {});
  const auto request = last(Protocol::Ipv6cp, Code::ConfigureRequest);
  us.link.receive(Protocol::Ipv6cp, control(Code::ConfigureAck, request.id(), request.data()), now);
  EXPECT_FALSE(us.link.open(Protocol::Ipv6));
  EXPECT_TRUE(us.link.open(Protocol::Ipv4));
  EXPECT_EQ(us.reason(), "");
}

}  // namespace
}  // namespace tunnel::ppp::test
