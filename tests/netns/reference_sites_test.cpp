// The reference policy on the reference sites, with real services: what HOME may reach at Labs, and
// what it may not.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

/// Labs under the reference policy, and the services that it speaks of.
class ReferenceSites : public testing::Test {
 protected:
  ReferenceSites() { use_reference_policy(world_); }

  /// A file below the world's folder, which every node sees.
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const auto path = world_.folder() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text;
    return path;
  }

  /// A server on a port of a node, for each connection of its own; it listens by then.
  Process serve(const std::string& node, unsigned port, const std::string& command) const {
    auto server = world_.spawn(node, {"socat", "-d", "-d", listener(port), "EXEC:" + command});
    server.wait_for("listening on");
    return server;
  }

  static std::string listener(unsigned port) {
    return "TCP4-LISTEN:" + std::to_string(port) + ",fork,reuseaddr";
  }

  /// Whether a TCP connection from `from` can be made.
  bool connects(const std::string& from, const std::string& to, unsigned port) const {
    return world_.exec(from, {"nc", "-z", "-w", "1", to, std::to_string(port)}).status == 0;
  }

  World world_;
};

TEST_F(ReferenceSites, LetHomeUseHttpThroughTheGatewaysAddress) {
  world_.start();
  const auto root = write("www/index.html", "hello from Labs\n").parent_path();
  auto server = serve("routera", 80, "busybox httpd -i -h " + root.string());
  EXPECT_EQ(world_.output("client", {"curl", "--silent", "http://192.168.253.1/"}),
            "hello from Labs\n");
  EXPECT_THAT(server.wait_for("accepting connection"), HasSubstr("192.168.253.4"));
}

TEST_F(ReferenceSites, LetHomeUseFtpWithPassiveData) {
  world_.start();
  const auto files = write("ftp/report.txt", std::string(100'000, 'x')).parent_path();
  const auto settings =
      write("vsftpd.conf", "listen=NO\nanonymous_enable=YES\nanon_root=" + files.string() +
                               "\npasv_min_port=9901\npasv_max_port=9989\n"
                               "secure_chroot_dir=/run\nseccomp_sandbox=NO\n");
  const auto server = serve("routera", 21, "vsftpd " + settings.string() + ",nofork");
  EXPECT_EQ(world_.output("client", {"curl", "--silent", "--show-error", "--ftp-pasv",
                                     "ftp://192.168.253.1/report.txt"}),
            std::string(100'000, 'x'));
}

TEST_F(ReferenceSites, LetHomeUseSsh) {
  world_.start();
  const auto key = (world_.folder() / "user-key").string();
  const auto host_key = (world_.folder() / "host-key").string();
  for (const auto& each : {key, host_key}) {
    world_.output("routera", {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", each});
  }
  const auto settings =
      write("sshd_config", "Port 22\nHostKey " + host_key + "\nAuthorizedKeysFile " + key +
                               ".pub\nStrictModes no\nUsePAM no\nPidFile none\n");
  auto server = world_.spawn("routera", {"/usr/sbin/sshd", "-D", "-e", "-f", settings.string()});
  server.wait_for("Server listening on");
  EXPECT_EQ(
      world_.output("client", {"ssh", "-F", "none", "-i", key, "-o", "StrictHostKeyChecking=no",
                               "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
                               "root@192.168.253.1", "hostname"}),
      "routera\n");
}

/// A name server with one zone.
std::string nsd_settings(const std::string& folder, const std::string& address,
                         const std::string& zone) {
  return "server:\n  ip-address: " + address + "\n  username: \"\"\n  zonesdir: " + folder +
         "\n  pidfile: " + folder + "/pid\n  xfrdfile: " + folder + "/xfrd\n  xfrdir: " + folder +
         "\n  zonelistfile: " + folder +
         "/zones\n  database: \"\"\n  verbosity: 2\nremote-control:\n  control-enable: no\nzone:\n"
         "  name: home.example\n  zonefile: zone\n" +
         zone;
}

std::string zone_of(unsigned serial) {
  return "$ORIGIN home.example.\n@ 60 IN SOA ns.home.example. root.home.example. (" +
         std::to_string(serial) + " 3600 600 86400 60)\n@ 60 IN NS ns\nns 60 IN A 192.168.1.6\n";
}

TEST_F(ReferenceSites, LetHomesNameServerNotifyLabsWhichTransfersTheZone) {
  world_.start();
  write("primary/zone", zone_of(1));
  const auto primary_settings =
      write("primary/nsd.conf",
            nsd_settings((world_.folder() / "primary").string(), "192.168.1.6",
                         "  notify: 192.168.253.2 NOKEY\n  outgoing-interface: 192.168.1.8\n"
                         "  provide-xfr: 0.0.0.0/0 NOKEY\n"));
  // HOME's name server is the gateway to those who look at who it is.
  const auto secondary_settings = write(
      "secondary/nsd.conf", nsd_settings((world_.folder() / "secondary").string(), "192.168.253.2",
                                         "  request-xfr: AXFR 192.168.253.3 NOKEY\n"
                                         "  allow-notify: 192.168.253.4 NOKEY\n"));
  auto primary = world_.spawn("home-dns", {"nsd", "-d", "-c", primary_settings.string()});
  primary.wait_for("nsd started");
  auto secondary = world_.spawn("labs-dns", {"nsd", "-d", "-c", secondary_settings.string()});
  secondary.wait_for("serial 0 is updated to 1");  // by itself, at its start

  write("primary/zone", zone_of(2));
  primary.signal(SIGHUP);
  secondary.wait_for("serial 1 is updated to 2");
}

TEST_F(ReferenceSites, LetHomeReachTheSqlServerAndNobodyElseThere) {
  world_.start();
  const auto sql = serve("sql", 1433, "cat");
  const auto other = serve("sql", 1434, "cat");
  const auto elsewhere = serve("routera", 1433, "cat");
  EXPECT_TRUE(connects("client", "172.16.1.100", 1433));
  EXPECT_FALSE(connects("client", "172.16.1.100", 1434));
  EXPECT_FALSE(connects("client", "192.168.253.1", 1433));
}

TEST_F(ReferenceSites, LetNobodyIntoHomeAndNoOtherHostAskTheNameServer) {
  world_.start();
  const auto home = serve("client", 22, "cat");
  const auto dns = serve("labs-dns", 53, "cat");
  EXPECT_FALSE(connects("routera", "192.168.1.215", 22));
  EXPECT_FALSE(connects("labs", "192.168.1.215", 22));
  EXPECT_TRUE(connects("home-dns", "192.168.253.2", 53));
  // UDP: only of 192.168.1.8.
  auto udp = world_.spawn("labs-dns", {"socat", "-d", "-d", "UDP4-RECVFROM:53,fork", "EXEC:cat"});
  udp.wait_for("receiving on");
  const auto ask = [&](const std::string& node, const std::string& from) {
    return world_.exec(
        node, {"bash", "-c", "echo question | socat -t1 - UDP4:192.168.253.2:53,bind=" + from});
  };
  EXPECT_EQ(ask("home-dns", "192.168.1.8").out, "question\n");
  EXPECT_EQ(ask("home-dns", "192.168.1.6").out, "");
  EXPECT_EQ(ask("client", "192.168.1.215").out, "");
}

/// A line of a log without its time, and with the client's port as P and the translated one as Q.
std::string told(const std::string& line, const std::string& client_port) {
  static const std::regex kTime{
      "^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6} "};
  static const std::regex kTranslated{"192\\.168\\.253\\.4,[0-9]+"};
  EXPECT_TRUE(std::regex_search(line, kTime)) << line;
  auto text = std::regex_replace(line, kTime, "");
  text =
      std::regex_replace(text, std::regex{"192\\.168\\.1\\.215," + client_port}, "192.168.1.215,P");
  return std::regex_replace(text, kTranslated, "192.168.253.4,Q");
}

TEST_F(ReferenceSites, HaveATelnetSessionLoggedInItsOrder) {
  world_.start();
  const auto telnet = serve("routera", 23, "cat");
  auto filter_log = world_.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/filter.log"});
  auto nat_log = world_.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/nat.log"});
  const std::string port = "3936";
  EXPECT_EQ(
      world_.shell("client", "echo hello | socat -t 5 - TCP:192.168.253.1:23,sourceport=" + port),
      "hello\n");

  std::vector<std::string> seen;
  while (seen.size() < 6) seen.push_back(told(filter_log.wait_for(" PR tcp "), port));
  EXPECT_THAT(
      seen,
      testing::ElementsAre(
          "tun0 @300:5 p 192.168.1.215,P -> 192.168.253.1,23 PR tcp len 20 60 -S K-S K-F IN",
          "em0 @300:5 p 192.168.1.215,P -> 192.168.253.1,23 PR tcp len 20 60 -S K-S K-F OUT",
          "em0 @300:5 p 192.168.253.1,23 -> 192.168.1.215,P PR tcp len 20 60 -AS K-S K-F IN",
          "tun0 @300:5 p 192.168.253.1,23 -> 192.168.1.215,P PR tcp len 20 60 -AS K-S K-F OUT",
          "tun0 @300:5 p 192.168.1.215,P -> 192.168.253.1,23 PR tcp len 20 52 -A K-S K-F IN",
          "em0 @300:5 p 192.168.1.215,P -> 192.168.253.1,23 PR tcp len 20 52 -A K-S K-F OUT"));
  EXPECT_EQ(told(nat_log.wait_for("NAT:NEW"), port),
            "@1 NAT:NEW-MAP 192.168.1.215,P <- -> 192.168.253.4,Q [192.168.253.1,23] tcp");
}

TEST_F(ReferenceSites, HaveWhatIsBlockedLoggedByItsRule) {
  world_.start();
  auto log = world_.spawn("labs", {"tail", "-n", "0", "-F", "/var/log/tunneld/filter.log"});
  EXPECT_FALSE(connects("client", "192.168.253.1", 8080));
  EXPECT_THAT(log.wait_for("192.168.253.1,8080"),
              testing::ContainsRegex(" tun0 @300:11 b 192\\.168\\.1\\.215,[0-9]+ -> "
                                     "192\\.168\\.253\\.1,8080 PR tcp len 20 60 -S IN$"));
  EXPECT_FALSE(connects("routera", "192.168.1.215", 22));
  world_.exec("labs", {"nc", "-z", "-w", "1", "192.168.1.215", "22"});
  EXPECT_THAT(log.wait_for("192.168.1.215,22"), testing::ContainsRegex(" tun0 @350:3 b .* OUT$"));
}

}  // namespace
}  // namespace tunnel::test
