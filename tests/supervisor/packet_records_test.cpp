// What the kernel says of a logged packet becomes a record.

#include "tunneld/supervisor/packet_records.hpp"

#include "filter/packet/packet_text.hpp"
#include "tests/filter/compiler/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tunnel::supervisor {
namespace {

using namespace std::chrono_literals;
using filter::Direction;
using filter::ipmon::Record;
using filter::kernel::LoggedPacket;
using testing::IsSupersetOf;

constexpr auto kRules =
    "block in on tun0 all head 300\n"
    "pass in log body level local4.crit quick proto tcp from any to any port = 23 flags S keep "
    "state keep frags group 300\n"
    "block in log from any to any group 300\n"
    "log in on tun0 proto udp from any to any\n";

constexpr audit::WallTime kNow{1'113'404'531s};

InterfaceName name_of(unsigned index) {
  return *InterfaceName::parse("tun" + std::to_string(index - 4));
}

class Records : public testing::Test {
 protected:
  Records() {
    policy = filter::test::compiled(kRules);
    rules.learn(policy.rules);
  }

  std::uint32_t number_of(const std::string& id) const {
    for (const auto& rule : policy.rules) {
      if (rule.id.str() == id) return rule.number;
    }
    ADD_FAILURE() << id;
    return 0;
  }

  /// A telnet packet with ten octets of data.
  std::optional<Record> record(const std::string& prefix, std::uint32_t mark,
                               std::chrono::microseconds time = 0us, audit::WallTime now = kNow) {
    const auto written = std::get<filter::packet::WrittenPacket>(filter::packet::parse_packet_text(
        "in on tun0 tcp 192.168.1.215,3936 192.168.253.1,23 S len=10"));
    LoggedPacket logged;
    logged.prefix = prefix;
    logged.mark = mark;
    logged.interface = 4;
    logged.time = time;
    logged.packet = written.octets;
    return records.record_of(logged, now);
  }

  filter::compiler::Compiled policy;
  RuleBook rules;
  PacketRecords records{rules, name_of};
};

TEST_F(Records, HaveTheRuleOfTheMark) {
  const auto passed = record("p", number_of("@300:1"));
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->action, Record::Action::Passed);
  EXPECT_EQ(passed->rule.str(), "@300:1");
  EXPECT_TRUE(passed->keeps_state);
  EXPECT_TRUE(passed->keeps_frags);
  EXPECT_EQ(passed->packet.interface.str(), "tun0");
  EXPECT_EQ(passed->body.size(), 10U);
  EXPECT_EQ(passed->level->severity, filter::Severity::Crit);

  const auto blocked = record("b", number_of("@300:2"));
  EXPECT_EQ(blocked->action, Record::Action::Blocked);
  EXPECT_EQ(blocked->rule.str(), "@300:2");
  EXPECT_FALSE(blocked->keeps_state);
  EXPECT_TRUE(blocked->body.empty());
}

TEST_F(Records, OfPacketsThatAStateHasPassedHaveTheRuleThatMadeIt) {
  const auto passed = record("P", number_of("@300:1"));
  EXPECT_EQ(passed->action, Record::Action::Passed);
  EXPECT_EQ(passed->rule.str(), "@300:1");
}

TEST_F(Records, OfLogRulesHaveTheNumberBehindThePrefix) {
  const auto logged = record("L" + std::to_string(number_of("@0:2")), number_of("@300:2"));
  EXPECT_EQ(logged->action, Record::Action::Logged);
  EXPECT_EQ(logged->rule.str(), "@0:2");
}

TEST_F(Records, KeepTheirRuleWhenThePolicyIsAnother) {
  const auto number = number_of("@300:1");
  auto next = filter::test::compiled("pass in all keep state\n").rules;
  next.front().number = 4711;
  rules.learn(next);
  EXPECT_EQ(record("P", number)->rule.str(), "@300:1");
  EXPECT_EQ(record("p", 4711)->rule.str(), "@0:1");
}

TEST_F(Records, OfARuleThatNobodyKnowsHaveNone) {
  EXPECT_EQ(record("p", 4712)->rule.str(), "@0:0");
}

TEST_F(Records, HaveTheTimeTheKernelTells) {
  EXPECT_EQ(record("p", 1, 1'113'404'530'123'456us)->time,
            audit::WallTime{1'113'404'530'123'456us});
}

TEST_F(Records, WithoutATimeAreOfTheMomentOfTheOneBefore) {
  record("p", 1, 1'113'404'530'995'000us);
  EXPECT_EQ(record("p", 1)->time, audit::WallTime{1'113'404'530'995'000us});
  EXPECT_EQ(record("p", 1, 0us, kNow + 1s)->time, kNow + 1s);
}

TEST_F(Records, OfSomethingThatIsNoPacketAreNone) {
  EXPECT_FALSE(records.record_of({}, kNow));
}

TEST_F(Records, ForTheJournalHaveTheirFields) {
  filter::ipmon::Written written{*record("p", number_of("@300:1")), "text"};
  written.record.count = 2;
  const auto journal = log_record(written);
  EXPECT_EQ(journal.type, audit::LogType::Filter);
  EXPECT_EQ(journal.priority, audit::Priority::Critical);
  EXPECT_EQ(journal.facility, 20);
  EXPECT_EQ(journal.interface, "tun0");
  EXPECT_EQ(journal.text, written.line());
  EXPECT_THAT(journal.fields, IsSupersetOf<audit::Field>({{"TUNNELD_RULE", "@300:1"},
                                                          {"TUNNELD_ACTION", "pass"},
                                                          {"TUNNELD_DIRECTION", "in"},
                                                          {"TUNNELD_PROTO", "tcp"},
                                                          {"TUNNELD_SRC", "192.168.1.215"},
                                                          {"TUNNELD_SRC_PORT", "3936"},
                                                          {"TUNNELD_DST", "192.168.253.1"},
                                                          {"TUNNELD_DST_PORT", "23"},
                                                          {"TUNNELD_COUNT", "2"}}));
}

TEST_F(Records, OfAStateHaveItsRuleForTheJournalAlone) {
  filter::flows::FlowEvent event;
  event.flow.protocol = 6;
  event.flow.original = {*filter::HostAddress::parse("192.168.1.215"),
                         *filter::HostAddress::parse("192.168.253.1"), 3936, 23};
  const auto record = log_record(event, rules.find(number_of("@300:1")), kNow);
  EXPECT_EQ(record.type, audit::LogType::Filter);
  EXPECT_EQ(record.time, kNow);
  EXPECT_THAT(record.text,
              testing::EndsWith(" STATE:NEW 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp"));
  EXPECT_THAT(
      record.fields,
      testing::UnorderedElementsAre(
          audit::Field{"TUNNELD_RULE", "@300:1"}, audit::Field{"TUNNELD_DIRECTION", "in"},
          audit::Field{"TUNNELD_EVENT", "NEW"}, audit::Field{"TUNNELD_PROTO", "tcp"},
          audit::Field{"TUNNELD_SRC", "192.168.1.215"}, audit::Field{"TUNNELD_SRC_PORT", "3936"},
          audit::Field{"TUNNELD_DST", "192.168.253.1"}, audit::Field{"TUNNELD_DST_PORT", "23"}));
  event.flow.protocol = 1;
  EXPECT_THAT(log_record(event, nullptr, kNow).fields, testing::SizeIs(4));
}

}  // namespace
}  // namespace tunnel::supervisor
