// From the kernel into filter.log and nat.log, in a network namespace of the test's own.

#include "tunneld/supervisor/packet_log.hpp"

#include "filter/nft/commands.hpp"
#include "filter/packet/packet_text.hpp"
#include "tests/audit/files.hpp"
#include "tests/base/temporary_directory.hpp"
#include "tests/filter/compiler/policy.hpp"
#include "tests/filter/kernel/gateway_wire.hpp"
#include "tests/filter/kernel/own_gateway.hpp"
#include "tunneld/supervisor/clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <optional>
#include <set>
#include <thread>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

/// GatewayWire has another.
constexpr unsigned kGroup = 6;
constexpr std::uint16_t kPort = 5300;
constexpr auto kTime = "[0-9]+/[0-9]+/[0-9]+ [0-9:.]+ ";

class Logs {
 public:
  Logs() { open(); }

  void open() { log = PacketLog::open(io, audit, {.group = kGroup, .retry = 20ms}); }

  fs::path path(const char* name) const { return directory.path() / name; }

  std::vector<std::string> lines(const char* name) const { return audit::test::lines(path(name)); }

  /// The lines that have the word, when there are at least so many.
  std::vector<std::string> await(const char* name, const std::string& word, std::size_t wanted) {
    for (;;) {
      std::vector<std::string> found;
      for (const auto& line : lines(name)) {
        if (line.find(word) != std::string::npos) found.push_back(line);
      }
      if (found.size() >= wanted || io.run_one_for(10s) == 0) return found;
    }
  }

  tunnel::test::TemporaryDirectory directory;
  boost::asio::io_context io{1};
  audit::Audit audit{{"talisker", 1}, directory.path(), wall_now, audit::Audit::Journal::Never};
  std::unique_ptr<PacketLog> log;
};

/// Labs' gateway, with one rule of its policy.
class Gateway {
 public:
  Gateway() {
    filter::compiler::Options options;
    options.log_group = kGroup;
    rules = filter::test::lists_of(
        "block in on tun0 all head 300\n"
        "pass in log quick proto tcp from any to any port = 23 flags S keep state keep frags "
        "group 300\n"
        "block in log from any to any group 300\n");
    nat = filter::test::nat_of(
        "map em1 192.168.1.0/24 -> 198.51.100.9/32\n"
        "map em0 192.168.1.0/24 -> 198.51.100.1/32 portmap tcp/udp 40000:40000\n");
    policy = filter::compiler::compile(rules, nat, options);
    EXPECT_EQ(wire.apply(filter::nft::replace(policy.table)), "");
  }

  void send(const std::string& text) {
    using filter::packet::WrittenPacket;
    const auto written = std::get<WrittenPacket>(filter::packet::parse_packet_text(text));
    wire.send(written.interface.str(), written.octets);
  }

  filter::test::GatewayWire wire;
  filter::RuleLists rules;
  filter::NatLists nat;
  filter::compiler::Compiled policy;
};

constexpr auto kSyn = "in on tun0 tcp 192.168.1.215,3936 203.0.113.1,23 S";
constexpr auto kSynAck = "in on em0 tcp 203.0.113.1,23 198.51.100.1,40000 SA";
constexpr auto kOther = "in on tun0 udp 192.168.1.215,53 203.0.113.1,53";

TEST(PacketLog, WritesEachPacketOfARuleThatLogsInOrder) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  gateway.send(kSyn);
  gateway.send(kSynAck);
  gateway.send(kOther);
  gateway.send(kOther);
  const auto found = logs.await("filter.log", " PR ", 5);
  const std::string time{kTime};
  EXPECT_THAT(found, ElementsAre(MatchesRegex(time + "tun0 @300:1 p 192.168.1.215,3936 -> "
                                                     "203.0.113.1,23 PR tcp len 20 40 -S K-S K-F "
                                                     "IN"),
                                 MatchesRegex(time + "em0 @300:1 p 192.168.1.215,3936 -> "
                                                     "203.0.113.1,23 PR tcp len 20 40 -S K-S K-F "
                                                     "OUT"),
                                 MatchesRegex(time + "em0 @300:1 p 203.0.113.1,23 -> "
                                                     "192.168.1.215,3936 PR tcp len 20 40 -AS K-S "
                                                     "K-F IN"),
                                 MatchesRegex(time + "tun0 @300:1 p 203.0.113.1,23 -> "
                                                     "192.168.1.215,3936 PR tcp len 20 40 -AS K-S "
                                                     "K-F OUT"),
                                 MatchesRegex(time + "2x tun0 @300:2 b 192.168.1.215,53 -> "
                                                     "203.0.113.1,53 PR udp len 20 28 IN")));
}

TEST(PacketLog, WritesTranslationsAsTheyBeginAndEnd) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  gateway.send(kSyn);
  const auto begun = logs.await("nat.log", "NAT:NEW", 1);
  EXPECT_THAT(begun, ElementsAre(MatchesRegex(std::string{kTime} +
                                              "@2 NAT:NEW-MAP 192.168.1.215,3936 <- -> "
                                              "198.51.100.1,40000 \\[203.0.113.1,23\\] tcp")));
  const auto sessions = logs.log->sessions();
  ASSERT_TRUE(sessions);
  ASSERT_EQ(sessions->total, 1U);
  const auto& session = sessions->rows.front().as_object();
  EXPECT_EQ(session.at("rule"), "@2");
  EXPECT_EQ(session.at("inside"), "192.168.1.215");
  EXPECT_EQ(session.at("outside_port"), 40000);
  EXPECT_EQ(session.at("destination"), "203.0.113.1");
  EXPECT_EQ(session.at("packets_forward"), 1);
  EXPECT_GE(session.at("age_seconds").as_double(), 0);

  const auto states = logs.log->states();
  ASSERT_TRUE(states);
  ASSERT_EQ(states->total, 1U);
  const auto& state = states->rows.front().as_object();
  EXPECT_EQ(state.at("rule"), "@300:1");
  EXPECT_EQ(state.at("direction"), "in");
  EXPECT_EQ(state.at("tcp_state"), "SYN_SENT");

  gateway.wire.forget_flows();
  const auto ended = logs.await("nat.log", "NAT:DESTROY", 1);
  EXPECT_THAT(ended, ElementsAre(HasSubstr("@2 NAT:DESTROY-MAP 192.168.1.215,3936 <- -> "
                                           "198.51.100.1,40000 [203.0.113.1,23] tcp Pkts 1/0 "
                                           "Bytes 40/0")));
}

TEST(PacketLog, SaysWhatIsMissingWhenItStartsAgain) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log.reset();
  gateway.send(kSyn);
  logs.open();
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  EXPECT_THAT(logs.lines("filter.log"),
              ElementsAre(HasSubstr(" tunneld starts"), HasSubstr(" tunneld ends: packets"),
                          HasSubstr("packets that rules have logged since the line before are "
                                    "lost")));
  // What is still there is found, with the time when it began.
  EXPECT_THAT(logs.lines("nat.log"),
              ElementsAre(HasSubstr(" tunneld starts"), HasSubstr(" tunneld ends: translations"),
                          HasSubstr("translations that began and ended since"),
                          HasSubstr("NAT:NEW-MAP 192.168.1.215,3936 ")));
}

TEST(PacketLog, KnowsThatThereWasOneBeforeAlsoFromALineWithADump) {
  filter::test::enter_own_namespace();
  Logs logs;
  logs.log.reset();
  std::ofstream{logs.path("filter.log")}
      << "13/04/2005 15:02:11.123456 tun0 @300:2 p 10.0.0.1,1 -> 10.0.0.2,2 PR udp len 20 30 IN\n"
         "47 45                                            GE\n";
  logs.open();
  EXPECT_THAT(logs.lines("filter.log").back(), HasSubstr("since the line before are lost"));
}

TEST(PacketLog, WritesStatesAsTheyBeginAndEnd) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log->log_states(PacketLog::States::Logged);
  gateway.send(kSyn);
  gateway.send(kSynAck);
  const std::string time{kTime};
  EXPECT_THAT(logs.await("filter.log", "STATE:NEW", 1),
              ElementsAre(MatchesRegex(time + "STATE:NEW 192.168.1.215,3936 -> 203.0.113.1,23 PR "
                                              "tcp")));
  gateway.wire.forget_flows();
  EXPECT_THAT(
      logs.await("filter.log", "STATE:FLUSH", 1),
      ElementsAre(MatchesRegex(time + "STATE:FLUSH 192.168.1.215,3936 -> 203.0.113.1,23 PR tcp "
                                      "Forward: Pkts in 1 Bytes in 40 Pkts out 1 Bytes out 40 "
                                      "Backward: Pkts in 1 Bytes in 40 Pkts out 1 Bytes out 40")));
}

TEST(PacketLog, WritesAStateWhenItsFlowIsOlder) {
  Gateway gateway;
  const auto stateless = filter::test::compiled("pass in all\n");
  ASSERT_EQ(gateway.wire.apply(filter::nft::replace(stateless.table)), "");
  Logs logs;
  logs.log->log_states(PacketLog::States::Logged);
  gateway.send(kOther);
  const auto keeping = filter::test::compiled("pass in on tun0 all keep state\n");
  ASSERT_EQ(gateway.wire.apply(filter::nft::replace(keeping.table)), "");
  gateway.send(kOther);
  gateway.wire.forget_flows();
  EXPECT_EQ(logs.await("filter.log", "STATE:FLUSH", 1).size(), 1U);
  EXPECT_THAT(logs.await("filter.log", "STATE:NEW", 1),
              ElementsAre(HasSubstr("STATE:NEW 192.168.1.215,53 -> 203.0.113.1,53 PR udp")));
}

TEST(PacketLog, WritesNoStatesUnlessToldTo) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log->log_states(PacketLog::States::Logged);
  logs.log->log_states(PacketLog::States::Unlogged);
  gateway.send(kSyn);
  logs.await("nat.log", "NAT:NEW", 1);
  gateway.wire.forget_flows();
  logs.await("nat.log", "NAT:DESTROY", 1);
  for (const auto& line : logs.lines("filter.log")) EXPECT_THAT(line, Not(HasSubstr("STATE:")));
}

TEST(PacketLog, WritesStatesThatBeganWhileNobodyLogged) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log->log_states(PacketLog::States::Logged);
  logs.log.reset();
  gateway.send(kSyn);
  logs.open();
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log->log_states(PacketLog::States::Logged);
  EXPECT_EQ(logs.await("filter.log", "STATE:NEW", 1).size(), 1U);
}

TEST(PacketLog, WritesOfStatesThatWereThereTheEndAlone) {
  Gateway gateway;
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  logs.log->log_states(PacketLog::States::Unlogged);
  gateway.send(kSyn);
  logs.await("nat.log", "NAT:NEW", 1);
  logs.log->log_states(PacketLog::States::Logged);
  gateway.wire.forget_flows();
  EXPECT_EQ(logs.await("filter.log", "STATE:FLUSH", 1).size(), 1U);
  for (const auto& line : logs.lines("filter.log")) EXPECT_THAT(line, Not(HasSubstr("STATE:NEW")));
}

TEST(PacketLog, GetsTheGroupWhenSomebodyElseHasLeftIt) {
  Gateway gateway;
  auto other = filter::kernel::LogSocket::open(kGroup);
  ASSERT_TRUE(other);
  std::optional held{std::move(*other)};
  Logs logs;
  logs.log->set_policy(gateway.policy.rules, gateway.nat);
  for (int attempt = 0; attempt < 3; ++attempt) logs.io.run_one_for(10s);
  EXPECT_THAT(logs.await("console.log", "packets are ", 1),
              ElementsAre(HasSubstr("another program may be reading")));
  gateway.send(kSyn);
  EXPECT_EQ(logs.await("nat.log", "NAT:NEW", 1).size(), 1U) << "which needs no group";

  held.reset();
  EXPECT_EQ(logs.await("console.log", "packets are logged from now on", 1).size(), 1U);
  gateway.send(kOther);
  EXPECT_EQ(logs.await("filter.log", " PR udp ", 1).size(), 1U);
  EXPECT_EQ(logs.await("console.log", "packets are ", 2).size(), 2U);
  EXPECT_THAT(logs.lines("filter.log"),
              ElementsAre(HasSubstr("tunneld starts"), HasSubstr("packets are not logged"),
                          HasSubstr("packets are logged from now on"), HasSubstr(" PR udp ")));
}

/// Each packet has its number in its source port.
class Burst : public testing::Test {
 protected:
  Burst() {
    filter::test::enter_own_namespace();
    filter::test::apply(filter::test::logging_table(kPort, kGroup));
    logs = std::make_unique<Logs>();
  }

  static std::vector<unsigned> numbers_in(const fs::path& path) {
    std::vector<unsigned> numbers;
    for (const auto& line : audit::test::lines(path)) {
      const auto at = line.find(" 127.0.0.1,");
      if (at != std::string::npos) {
        numbers.push_back(static_cast<unsigned>(std::stoul(line.substr(at + 11))));
      }
    }
    return numbers;
  }

  std::unique_ptr<Logs> logs;
};

TEST_F(Burst, LosesNoLineWhileTheLogIsRotated) {
  constexpr unsigned kCount = 40'000;
  std::atomic<bool> sent{false};
  std::thread sender{[&] {
    filter::test::Sender out{kPort};
    for (unsigned i = 0; i < kCount; ++i) out.send(static_cast<std::uint16_t>(i));
    sent = true;
  }};
  const auto log = logs->path("filter.log");
  std::vector<unsigned> numbers;
  unsigned rotations = 0;
  while (numbers.size() < kCount && logs->io.run_one_for(10s) > 0) {
    if (!fs::exists(log) || fs::file_size(log) < 100'000) {
      if (!sent) continue;
    }
    // As logrotate does it.
    const auto rotated = logs->path("filter.log.1");
    fs::rename(log, rotated);
    std::ofstream{log};
    ++rotations;
    const auto some = numbers_in(rotated);
    numbers.insert(numbers.end(), some.begin(), some.end());
  }
  sender.join();
  ASSERT_EQ(numbers.size(), kCount);
  for (unsigned i = 0; i < kCount; ++i) ASSERT_EQ(numbers[i], i);
  EXPECT_GT(rotations, 10U);
  EXPECT_EQ(logs->log->lost_packets(), 0U);
}

TEST_F(Burst, ThatIsTooMuchIsCountedAndSaid) {
  filter::test::apply(filter::test::logging_table(kPort, kGroup, 512));
  filter::test::Sender sender{kPort, 512};  // the sooner there is no room
  constexpr unsigned kCount = 50'000;
  for (unsigned i = 0; i < kCount; ++i) sender.send(static_cast<std::uint16_t>(i));
  EXPECT_EQ(logs->await("filter.log", "were lost: how many, the next", 1).size(), 1U);
  sender.send(7);
  const auto said = logs->await("filter.log", "records of packets were lost: there", 1);
  ASSERT_EQ(said.size(), 1U);
  const auto lost = logs->log->lost_packets();
  EXPECT_GT(lost, 0U);
  EXPECT_THAT(said[0], HasSubstr(' ' + std::to_string(lost) + " records of packets were lost"));
  EXPECT_EQ(numbers_in(logs->path("filter.log")).size() + lost, kCount + 1);
  EXPECT_EQ(logs->await("console.log", "records of packets were lost: there", 1).size(), 1U);
}

TEST_F(Burst, OfFlowsThatIsTooMuchIsMadeGoodByTheTable) {
  namespace nft = filter::nft;
  nft::Table table{"tunneld"};
  const boost::json::object to{{"family", "ip"}, {"addr", "127.0.0.1"}, {"port", kPort + 1}};
  table.chains.push_back({"nat_out",
                          nft::Hook{"nat", "output", -100},
                          {{nft::equal(nft::payload("udp", "dport"), nft::Value(kPort)),
                            boost::json::object{{"dnat", to}}}}});
  filter::test::apply(table);
  logs->log->set_policy({}, {});
  filter::test::Sender sender{kPort};
  constexpr unsigned kCount = 50'000;
  for (unsigned i = 1; i <= kCount; ++i) sender.send(static_cast<std::uint16_t>(i));
  logs->await("console.log", "could not hand over all events", 1);
  ASSERT_GT(logs->log->lost_events(), 0U);
  const auto sessions = logs->log->sessions();
  ASSERT_TRUE(sessions);
  const auto begun = logs->await("nat.log", "NAT:NEW-RDR", sessions->total);
  EXPECT_EQ(begun.size(), sessions->total);
  EXPECT_EQ(std::set(begun.begin(), begun.end()).size(), begun.size());
}

}  // namespace
}  // namespace tunnel::supervisor
