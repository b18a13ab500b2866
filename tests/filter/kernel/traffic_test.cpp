// Traffic that a line of ipftest's cannot say: fragments, neighbours, connections of FTP, and what
// the gateway itself sends and gets.

#include "filter/model/protocols.hpp"
#include "filter/packet/checksum.hpp"
#include "filter/packet/packet_parser.hpp"
#include "tests/filter/kernel/kernel_fixture.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tunnel::filter::test {
namespace {

using Octets = std::vector<std::uint8_t>;

class Traffic : public Kernel {};

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;

void put_word(Octets& octets, std::size_t at, std::uint16_t word) {
  octets[at] = static_cast<std::uint8_t>(word >> 8);
  octets[at + 1] = static_cast<std::uint8_t>(word);
}

/// RFC 9293 §3.1, RFC 8200 §8.1: over the addresses, the protocol, the length and the body.
void put_checksum(Octets& octets, std::size_t header, std::size_t addresses, std::uint8_t protocol,
                  std::size_t at) {
  put_word(octets, header + at, 0);
  const Bytes all{octets};
  auto sum = packet::add_to_sum(0, all.subspan(addresses, header - addresses));
  sum = packet::add_to_sum(sum, std::array<std::uint8_t, 2>{0, protocol});
  const auto length = static_cast<std::uint16_t>(octets.size() - header);
  sum = packet::add_to_sum(sum, std::array<std::uint8_t, 2>{static_cast<std::uint8_t>(length >> 8),
                                                            static_cast<std::uint8_t>(length)});
  put_word(octets, header + at, packet::folded(packet::add_to_sum(sum, all.subspan(header))));
}

/// A TCP packet with a text behind its header of twenty octets.
Octets tcp_with(const std::string& packet, const std::string& text) {
  constexpr std::size_t kAddresses = 12;
  constexpr std::size_t kChecksum = 16;
  auto octets = octets_of(packet + " len=" + std::to_string(text.size()));
  std::copy(text.begin(), text.end(), octets.end() - static_cast<std::ptrdiff_t>(text.size()));
  put_checksum(octets, kIpv4Header, kAddresses, kTcp, kChecksum);
  return octets;
}

std::string text_behind_tcp(const Octets& octets) {
  return {octets.begin() + 40, octets.end()};
}

/// RFC 4861 §4.3: who has the gateway's address on em0?
Octets solicitation() {
  constexpr std::size_t kAddresses = 8;
  constexpr std::size_t kChecksum = 2;
  const auto target = Ipv6Address::parse(kOwnIpv6)->bytes;
  auto octets = octets_of("in6 on em0 ipv6-icmp " + std::string{kNeighbourIpv6} + ' ' + kOwnIpv6 +
                          " 135 ttl=255 body=24");
  std::copy(target.begin(), target.end(), octets.begin() + kIpv6Header + 8);
  put_checksum(octets, kIpv6Header, kAddresses, kIcmp6, kChecksum);
  return octets;
}

bool finds_the_gateway() {
  constexpr std::uint8_t kAdvertisement = 136;
  for (const auto& answer : wire().send("em0", solicitation()).answers) {
    if (answer[0] >> 4 == 6 && answer[kIpv6Header] == kAdvertisement) return true;
  }
  return false;
}

// Conntrack knows no flows of neighbours: the rules decide about each packet, keep state or not.
TEST_F(Traffic, OfNeighboursIsForTheRules) {
  const std::string blocked = "block in all\nblock out all\n";
  const std::string in = "pass in quick proto ipv6-icmp all keep state\n";
  const std::string out = "pass out quick proto ipv6-icmp all keep state\n";
  use("");
  EXPECT_TRUE(finds_the_gateway());
  use(blocked);
  EXPECT_FALSE(finds_the_gateway());
  use(blocked + in);
  EXPECT_FALSE(finds_the_gateway());
  use(blocked + in + "pass out quick proto ipv6-icmp all icmp-type neighborad\n");
  EXPECT_TRUE(finds_the_gateway());
}

bool echoes() {
  return !send("in on em0 icmp 198.51.100.2 198.51.100.1 echo query=7").answers.empty();
}

TEST_F(Traffic, OfTheGatewayItselfPassesBothHooks) {
  use("block in all\n");
  EXPECT_FALSE(echoes());
  use("block out all\n");
  EXPECT_FALSE(echoes());
  use("block in all\nblock out all\npass in quick proto icmp all keep state\n");
  EXPECT_TRUE(echoes());
}

/// Whether a datagram gets from the gateway to itself; what sendto(2) says.
struct Loopback {
  int error = 0;
  bool arrived = false;
};

Loopback over_loopback() {
  const UniqueFd to{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const UniqueFd from{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
  socklen_t size = sizeof address;
  if (::bind(to.get(), generic, size) != 0) return {errno, false};
  if (::getsockname(to.get(), generic, &size) != 0) return {errno, false};
  Loopback result;
  if (::sendto(from.get(), "x", 1, 0, generic, size) < 0) result.error = errno;
  char octet = 0;
  // Loopback has delivered when sendto() returns.
  result.arrived = ::recv(to.get(), &octet, 1, 0) == 1;
  return result;
}

TEST_F(Traffic, OfLoopbackIsFilteredAsAnyOther) {
  use("");
  EXPECT_TRUE(over_loopback().arrived);
  use("block in quick on lo all\n");
  EXPECT_FALSE(over_loopback().arrived);
  use("block out quick on lo all\n");
  EXPECT_EQ(over_loopback().error, EPERM);
  use("block in all\nblock out all\npass out quick on lo all keep state\n");
  EXPECT_TRUE(over_loopback().arrived);
}

/// Two fragments of a datagram, in their order; whether the second one brings it through.
bool fragments_pass(unsigned id, const std::string& port = "53") {
  const auto begin = "in on em0 udp 10.1.0.1,1000 10.9.9.9," + port + " id=" + std::to_string(id);
  send(begin + " mf len=16");
  return passes(begin + " off=24 body=16");
}

TEST_F(Traffic, InFragmentsMeetsTheRulesAboutThemBeforeItIsPutTogether) {
  use("block in quick from any to any with frag-body\n");
  EXPECT_FALSE(fragments_pass(4001));
  use("block in log quick from any to any with frag\n");
  EXPECT_EQ(send("in on em0 udp 10.1.0.1,1000 10.9.9.9,53 id=4002 mf len=16").records.size(), 1U);
  use("block in quick proto tcp from any to any with frag\n");
  EXPECT_TRUE(fragments_pass(4003));
}

TEST_F(Traffic, InFragmentsIsOnePacketToTheOtherRules) {
  use("block in all\npass in quick proto udp from any to any port = 53\n");
  EXPECT_TRUE(fragments_pass(4011));
  EXPECT_FALSE(fragments_pass(4012, "54"));
}

TEST_F(Traffic, InFragmentsIsLoggedOnceByRulesThatAskNothingAboutThem) {
  use("log in proto udp all\nblock in quick proto tcp from any to any with frag\n");
  EXPECT_EQ(send("in on em0 udp 10.1.0.1,1000 10.9.9.9,53 id=4041 mf len=16").records.size(), 0U);
  EXPECT_EQ(send("in on em0 udp 10.1.0.1,1000 10.9.9.9,53 id=4041 off=24 body=16").records.size(),
            1U);
}

TEST_F(Traffic, IsDroppedWhoseTransportHeaderIsCut) {
  use("");
  EXPECT_FALSE(passes("in on em0 tcp 10.1.0.1,1000 10.9.9.9,53 S body=19"));
  EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1000 10.9.9.9,53 S body=20"));
  EXPECT_FALSE(passes("in6 on em0 tcp 2001:db8::1:2,1000 2001:db8::1:3,53 S body=19"));
  EXPECT_FALSE(passes("in6 on em0 udp 2001:db8::1:2,1000 2001:db8::1:3,53 body=7"));
  EXPECT_TRUE(passes("in6 on em0 udp 2001:db8::1:2,1000 2001:db8::1:3,53 body=8"));
}

TEST_F(Traffic, IsShortByTheTypeOfIcmp) {
  const std::vector<std::string> cut{"in on em0 icmp 10.1.0.1 10.9.9.9 echo body=7",
                                     "in on em0 icmp 10.1.0.1 10.9.9.9 timest body=19",
                                     "in on em0 icmp 10.1.0.1 10.9.9.9 maskreq body=11",
                                     "in6 on em0 ipv6-icmp 2001:db8::1:2 2001:db8::1:3 128 body=7"};
  use("block in log quick from any to any with short\n");
  for (const auto& text : cut) EXPECT_EQ(send(text).records.size(), 1U) << text;
  for (const auto* whole : {"in on em0 icmp 10.1.0.1 10.9.9.9 timest body=20",
                            "in on em0 icmp 10.1.0.1 10.9.9.9 maskreq body=12"}) {
    EXPECT_TRUE(passes(whole)) << whole;
  }
  use("block in quick from any to any with not short\n");
  for (const auto& text : cut) EXPECT_TRUE(passes(text)) << text;
}

TEST_F(Traffic, IsCountedByCountRules) {
  use("count in proto udp all\ncount in quick proto tcp all\ncount in all\nblock in all\n");
  send("in on em0 udp 10.1.0.1,1000 10.9.9.9,53");
  send("in on em0 tcp 10.1.0.1,1000 10.9.9.9,53 S");
  const auto listed = wire().listed();
  const auto count = [&](unsigned number) {
    const auto name = "\"name\":\"rule_" + std::to_string(number) + "\"";
    const auto packets = listed.find("\"packets\":", listed.find(name));
    return listed.substr(packets + 10, 1);
  };
  EXPECT_EQ(count(1), "1");
  EXPECT_EQ(count(2), "1");
  EXPECT_EQ(count(3), "1");  // the quick one has ended the list for TCP
}

/// A connection from 10.1.0.1 to an FTP server, on which both have said a line: the helper believes
/// no commands but those behind the end of a line.
void open_control_connection() {
  send("in on em0 tcp 10.1.0.1,1000 10.9.9.9,21 S seq=100");
  send("in on tun0 tcp 10.9.9.9,21 192.0.2.1,1000 SA seq=500 ack=101");
  send("in on em0 tcp 10.1.0.1,1000 10.9.9.9,21 A seq=101 ack=501");
  wire().send("tun0", tcp_with("in on tun0 tcp 10.9.9.9,21 192.0.2.1,1000 PA seq=501 ack=101",
                               "220 hello\r\n"));
  wire().send("em0",
              tcp_with("in on em0 tcp 10.1.0.1,1000 10.9.9.9,21 PA seq=101 ack=512", "NOOP\r\n"));
}

constexpr auto kFtpRules =
    "block in all\nblock out all\n"
    "pass in log quick proto tcp from any to any port = 21 flags S keep state\n";
constexpr auto kFtpProxy =
    "map tun0 10.0.0.0/8 -> 192.0.2.1/32 proxy port ftp ftp/tcp\n"
    "map tun0 10.0.0.0/8 -> 192.0.2.1/32\n";

TEST_F(Traffic, OfActiveFtpIsTranslatedAndPassesAsItsControlConnection) {
  use(kFtpRules, kFtpProxy);
  open_control_connection();
  const auto port = wire().send(
      "em0", tcp_with("in on em0 tcp 10.1.0.1,1000 10.9.9.9,21 PA seq=107 ack=512 id=4021",
                      "PORT 10,1,0,1,4,1\r\n"));
  ASSERT_EQ(port.beyond.size(), 1U);
  EXPECT_EQ(text_behind_tcp(port.beyond.front()), "PORT 192,0,2,1,4,1\r\n");
  const auto data = send("in on tun0 tcp 10.9.9.9,20 192.0.2.1,1025 S seq=900 id=4022");
  ASSERT_TRUE(data.forwarded.has_value());
  const auto packet = std::get<packet::Packet>(packet::parse_packet(*data.forwarded));
  EXPECT_EQ(packet.ends.destination.str(), "10.1.0.1");
  ASSERT_EQ(data.records.size(), 2U);
  EXPECT_EQ(data.records[0].prefix, "P");
}

TEST_F(Traffic, OfPassiveFtpPassesAsItsControlConnection) {
  use(kFtpRules, kFtpProxy);
  open_control_connection();
  const auto reply = wire().send(
      "tun0", tcp_with("in on tun0 tcp 10.9.9.9,21 192.0.2.1,1000 PA seq=512 ack=107 id=4031",
                       "227 Entering Passive Mode (10,9,9,9,8,1)\r\n"));
  ASSERT_TRUE(reply.forwarded.has_value());
  EXPECT_TRUE(passes("in on em0 tcp 10.1.0.1,1002 10.9.9.9,2049 S"));
  EXPECT_FALSE(passes("in on em0 tcp 10.1.0.1,1003 10.9.9.9,2050 S"));
}

}  // namespace
}  // namespace tunnel::filter::test
