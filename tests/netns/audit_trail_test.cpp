// The audit trail of the packet filter between the two sites: what filter.log and nat.log say, and
// what tunnelctl shows of them.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

std::string reference(const std::string& name) {
  std::ifstream in{std::filesystem::path{TUNNEL_SOURCE_DIR} / "examples/profiles/labs" / name};
  EXPECT_TRUE(in.good()) << name;
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Labs under the reference policy; routerA has a telnet that says "login: ".
class AuditTrail : public testing::Test {
 protected:
  AuditTrail() {
    world_.write("labs", "/etc/tunneld/ipf.rules", reference("ipf.rules"));
    world_.write("labs", "/etc/tunneld/ipnat.rules", reference("ipnat.rules"));
    world_.write("labs", "/etc/tunneld/tunneld.toml",
                 world_.read("labs", "/etc/tunneld/tunneld.toml") +
                     "\n[filter]\nrules = \"ipf.rules\"\nnat = \"ipnat.rules\"\n");
    world_.shell("routera", "ip route del default");
  }

  /// A server at routerA's port, and the trail of Labs as it grows.
  void start() {
    world_.start();
    server_.emplace(world_.spawn(
        "routera", {"socat", "-d", "-d", "TCP4-LISTEN:23,fork,reuseaddr", "EXEC:cat"}));
    server_->wait_for("listening on");
  }

  Process follow(const std::string& log) const {
    return world_.spawn("labs", {"tail", "-n", "+1", "-F", "/var/log/tunneld/" + log + ".log"});
  }

  /// A connection of HOME's client's, which stays.
  Process telnet() const {
    auto client = world_.spawn("client", {"bash", "-c",
                                          "exec 3<>/dev/tcp/192.168.253.1/23; echo hello >&3; "
                                          "head -1 <&3; read -r -u 3 _"});
    client.wait_for("hello");
    return client;
  }

  /// What the gateway's tunneld.toml says, with `before` in it made `after`; and takes it over.
  void reconfigure(const std::string& before, const std::string& after) const {
    auto text = world_.read("labs", "/etc/tunneld/tunneld.toml");
    const auto at = text.find(before);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, before.size(), after);
    world_.write("labs", "/etc/tunneld/tunneld.toml", text);
    const auto reload = world_.tunnelctl("labs", {"reload"});
    ASSERT_EQ(reload.status, 0) << reload.err;
  }

  /// As `conntrack -F` does it at Labs.
  void forget_flows() const {
    world_.shell("labs", R"(python3 -c '
import socket
import struct
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:  # netfilter
    kernel.send(struct.pack("=IHHIIBBH", 20, 1 << 8 | 2, 5, 1, 0, 0, 0, 0))  # delete, acknowledge
    kernel.recv(4096)
')");
  }

  json::object ask(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    return json::parse(world_.tunnelctl("labs", std::move(arguments)).out).as_object();
  }

  World world_;
  std::optional<Process> server_;
};

constexpr auto kTime = "[0-9]+/[0-9]+/[0-9]+ [0-9:.]+ ";

TEST_F(AuditTrail, HasTheTranslationAndShowsItWhileItIsThere) {
  start();
  auto log = follow("nat");
  const auto session = telnet();
  log.wait_for("NAT:NEW-MAP");
  EXPECT_THAT(log_lines(world_, "labs", "nat", ",23"),
              ElementsAre(MatchesRegex(std::string{kTime} +
                                       "@1 NAT:NEW-MAP 192.168.1.215,[0-9]+ <- -> "
                                       "192.168.253.4,[0-9]+ \\[192.168.253.1,23\\] tcp")));
  const auto sessions = ask({"nat", "sessions"}).at("sessions").as_array();
  ASSERT_THAT(sessions, SizeIs(1));
  EXPECT_EQ(text_of(sessions[0].as_object(), "inside"), "192.168.1.215");
  EXPECT_EQ(text_of(sessions[0].as_object(), "site"), "home");
  const auto states = ask({"filter", "states"}).at("states").as_array();
  ASSERT_THAT(states, SizeIs(1));
  EXPECT_EQ(text_of(states[0].as_object(), "rule"), "@300:5");
  EXPECT_EQ(text_of(states[0].as_object(), "tcp_state"), "ESTABLISHED");
  EXPECT_EQ(number_of(world_.status("labs").gateway, "lost_packet_records"), 0);
}

TEST_F(AuditTrail, IsSelectedByTunnelctl) {
  start();
  auto blocked = world_.spawn("labs", {"tunnelctl", "log", "-f", "--lines", "99", "--verdict",
                                       "block", "--rule", "300:11"});
  auto log = follow("filter");
  const auto session = telnet();
  world_.exec("client", {"nc", "-z", "-w", "1", "192.168.253.1", "7"});
  log.wait_for(",7 PR tcp");
  EXPECT_THAT(blocked.wait_for("PR tcp"), HasSubstr("tun0 @300:11 b 192.168.1.215"));
  const auto count = [&](const std::vector<std::string>& selection) {
    std::vector<std::string> arguments{"log", "--lines", "100"};
    arguments.insert(arguments.end(), selection.begin(), selection.end());
    return world_.tunnelctl("labs", arguments).out;
  };
  EXPECT_THAT(count({"--address", "192.168.253.1", "--verdict", "block"}), HasSubstr(",7 PR tcp"));
  EXPECT_THAT(count({"--rule", "@300:5"}), testing::Not(HasSubstr(" b ")));
  EXPECT_THAT(count({"--address", "172.16.0.0/12"}), IsEmpty());
  EXPECT_THAT(count({"--type", "nat", "--site", "home"}), HasSubstr("NAT:NEW-MAP"));
  EXPECT_THAT(count({}), testing::Not(HasSubstr("@300")));
  const auto wrong = world_.tunnelctl("labs", {"log", "--rule", "three"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("\"three\" is no rule"));
}

TEST_F(AuditTrail, HasTheStatesThatRulesKeepWhereSomebodyWantsThem) {
  start();
  reconfigure("nat = \"ipnat.rules\"", "nat = \"ipnat.rules\"\nlog_states = true");
  auto log = follow("filter");
  auto followed = world_.spawn(
      "labs", {"tunnelctl", "log", "-f", "--lines", "99", "--type", "filter", "--site", "home"});
  const auto session = telnet();
  log.wait_for("STATE:NEW");
  followed.wait_for("STATE:NEW");
  forget_flows();
  log.wait_for("STATE:FLUSH");
  const std::string time{kTime};
  const std::string ends{"192.168.1.215,[0-9]+ -> 192.168.253.1,23 PR tcp"};
  const std::string counts{"Pkts in [0-9]+ Bytes in [0-9]+ Pkts out [0-9]+ Bytes out [0-9]+"};
  EXPECT_THAT(log_lines(world_, "labs", "filter", "STATE:"),
              ElementsAre(MatchesRegex(time + "STATE:NEW " + ends),
                          MatchesRegex(time + "STATE:FLUSH " + ends + " Forward: " + counts +
                                       " Backward: " + counts)));

  const auto selected = world_.tunnelctl("labs", {"log", "--type", "filter", "--address",
                                                  "192.168.253.1", "--site", "home", "--json"});
  std::vector<json::object> states;
  std::istringstream lines{selected.out};
  for (std::string line; std::getline(lines, line);) {
    auto record = json::parse(line).as_object();
    if (text_of(record, "kind") == "state") states.push_back(std::move(record));
  }
  ASSERT_THAT(states, SizeIs(2));
  EXPECT_EQ(text_of(states[1], "event"), "FLUSH");
  EXPECT_GE(number_of(states[1], "packets_forward"), 3);  // SYN, ACK, "hello"
  EXPECT_GE(number_of(states[1], "packets_backward"), 2);

  reconfigure("log_states = true", "log_states = false");
  log.wait_for("states are not logged any more");
  auto translations = follow("nat");
  translations.wait_for("NAT:DESTROY-MAP");
  const auto unlogged = telnet();
  translations.wait_for("NAT:NEW-MAP");
  EXPECT_THAT(log_lines(world_, "labs", "filter", "STATE:"), SizeIs(2));
}

TEST_F(AuditTrail, LosesNoLineWhenLogrotateComes) {
  start();
  // In the tests' machine the logs are root's.
  const auto settings = (world_.folder() / "rotate").string();
  world_.shell("labs", "sed 's/su tunneld adm/su root root/; s/create 0640 tunneld adm/create/' " +
                           std::string{TUNNEL_SOURCE_DIR} + "/rc/tunneld.logrotate > " + settings);
  const auto rotate = "logrotate --force --state " + settings + ".state " + settings;
  auto log = follow("filter");
  auto ping = world_.spawn("client", {"ping", "-i", "0.01", "-c", "200", "192.168.253.1"});
  for (const auto* packet : {"icmp_seq=50 ", "icmp_seq=100 ", "icmp_seq=150 "}) {
    ping.wait_for(packet);
    world_.shell("labs", rotate);
  }
  ping.wait_for("packets transmitted");
  // A last one ends the row of those before.
  world_.exec("client", {"nc", "-z", "-w", "1", "192.168.253.1", "7"});
  log.wait_for(",7 PR tcp");
  const auto all = world_.shell("labs", "zcat -f /var/log/tunneld/filter.log*");
  std::size_t echoes = 0;
  std::istringstream lines{all};
  for (std::string line; std::getline(lines, line);) {
    if (line.find("tun0 @300:10 p") == std::string::npos ||
        line.find("icmp echo/0 IN") == std::string::npos) {
      continue;
    }
    const auto times = line.find("x tun0");
    echoes +=
        times == std::string::npos ? 1 : std::stoul(line.substr(line.rfind(' ', times) + 1, times));
  }
  EXPECT_EQ(echoes, 200U);
}

}  // namespace
}  // namespace tunnel::test
