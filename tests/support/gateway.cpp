#include "tests/support/gateway.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace tunnel::test {

namespace json = boost::json;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

json::array ip_json(const World& world, const std::string& node,
                    std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"ip", "-json"});
  const auto text = world.output(node, arguments);
  return text.empty() ? json::array{} : json::parse(text).as_array();
}

}  // namespace

bool reaches(const World& world, const std::string& from, const std::string& address) {
  return world.exec(from, {"ping", "-n", "-c", "1", "-W", "5", address}).status == 0;
}

std::vector<std::string> tunnel_routes(const World& world, const std::string& gateway) {
  std::vector<std::string> found;
  for (const auto& each : ip_json(world, gateway, {"route", "show", "protocol", "84"})) {
    const auto& route = each.as_object();
    const bool guard = route.contains("type");
    found.push_back((guard ? text_of(route, "type") + ' ' : std::string{}) + text_of(route, "dst") +
                    (guard ? std::string{} : " dev " + text_of(route, "dev")));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Process monitor_routes(const World& world, const std::string& gateway) {
  auto monitor = world.spawn(gateway, {"ip", "-o", "monitor", "route"});
  // It does not say when it is ready: it is when it tells of this.
  while (monitor.printed().find("blackhole 192.0.2.99") == std::string::npos) {
    world.shell(gateway, "ip route add blackhole 192.0.2.99; ip route delete blackhole 192.0.2.99");
  }
  return monitor;
}

std::vector<std::string> tun_devices(const World& world, const std::string& gateway) {
  std::vector<std::string> found;
  for (const auto& link : ip_json(world, gateway, {"link", "show", "type", "tun"})) {
    if (link.as_object().contains("ifname")) found.push_back(text_of(link.as_object(), "ifname"));
  }
  return found;
}

std::vector<std::string> log_lines(const World& world, const std::string& gateway,
                                   const std::string& log, std::string_view text) {
  auto lines = lines_of(world.read(gateway, "/var/log/tunneld/" + log + ".log"));
  std::erase_if(lines, [text](const auto& line) { return line.find(text) == std::string::npos; });
  return lines;
}

std::string make_public_key(const World& world, const std::string& node) {
  auto key = world.shell(node,
                         "folder=$(mktemp -d /run/key.XXXXXX); "
                         "ssh-keygen -q -t ed25519 -N '' -f $folder/key; "
                         "cut -d ' ' -f 1,2 $folder/key.pub");
  key.pop_back();
  return key;
}

std::string fingerprint(const World& world, const std::string& public_key) {
  auto print = world.shell("home", "ssh-keygen -lf - <<<'" + public_key + "' | cut -d ' ' -f 2");
  print.pop_back();
  return print;
}

std::string public_key_in(const World& world, const std::string& gateway, const std::string& path) {
  std::istringstream words{world.read(gateway, path)};
  std::string type;
  std::string key;
  words >> type >> key;
  return type + ' ' + key;
}

void do_without_tickets(const World& world) {
  world.edit_profile("labs", "[ssh]\n", "[ssh]\nticket = \"none\"\n");
}

void answer_with(const World& world, const std::string& script) {
  do_without_tickets(world);
  const auto drop_in = std::string{"/etc/ssh/sshd_config.d/tunneld.conf"};
  world.shell("labs",
              "sed -i -E -e 's|^( *AuthorizedKeysCommand) .*|\\1 none|' "
              "-e 's|^( *AuthorizedKeysCommandUser) .*|\\1 nobody|' "
              "-e 's|^( *AuthorizedKeysFile) none|\\1 /etc/ssh/keys_of_the_test|' " +
                  drop_in);
  world.write("labs", "/etc/ssh/keys_of_the_test",
              "restrict,command=\"/etc/ssh/answer\" " +
                  public_key_in(world, "home", "/etc/tunneld/keys/labs.pub") + '\n');
  world.write("labs", "/etc/ssh/answer",
              "#!/bin/bash\nPATH=/usr/local/sbin:$PATH\n" + script + '\n');
  world.shell("labs", "chmod 755 /etc/ssh/answer");
}

std::string sshd_log(const World& world) {
  std::ifstream log{world.folder() / "nodes/labs/sshd.log"};
  return {std::istreambuf_iterator<char>{log}, {}};
}

void use_reference_policy(const World& world) {
  for (const std::string rules : {"ipf.rules", "ipnat.rules"}) {
    std::ifstream in{std::filesystem::path{TUNNEL_SOURCE_DIR} / "examples/profiles/labs" / rules};
    world.write("labs", "/etc/tunneld/" + rules, {std::istreambuf_iterator<char>{in}, {}});
  }
  world.write("labs", "/etc/tunneld/tunneld.toml",
              world.read("labs", "/etc/tunneld/tunneld.toml") +
                  "\n[filter]\nrules = \"ipf.rules\"\nnat = \"ipnat.rules\"\n");
  // Labs' hosts have no route to HOME's.
  for (const auto* node : {"routera", "labs-dns", "sql"}) world.shell(node, "ip route del default");
  // What HOME's name server is at Labs.
  world.shell("labs", "ip address add 192.168.253.3/24 dev em0");
}

}  // namespace tunnel::test
