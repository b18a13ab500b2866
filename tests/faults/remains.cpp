#include "tests/faults/remains.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tunnel::test {

namespace fs = std::filesystem;

namespace {

/// Of a wire's end, without the index of the other one.
constexpr auto kDump =
    "for family in -4 -6; do ip $family -o route show table all; ip $family rule; done; "
    "{ ip -br link | awk '{print $1, $2}'; ip -4 -br address; } | sed 's/@[^ ]*//; s/  */ /g'; "
    "nft -s list ruleset";

/// Link-local addresses are made anew with each link, and what is about neighbours and multicast
/// comes with them.
bool lasts(const std::string& line) {
  return line.find("fe80:") == std::string::npos && line.find("ff00::") == std::string::npos &&
         line.find("multicast") == std::string::npos;
}

std::set<std::string> kernel_of(const World& world, const std::string& gateway) {
  std::istringstream dump{world.shell(gateway, kDump)};
  std::set<std::string> lines;
  std::string chain;  // a rule says the same in several
  for (std::string line; std::getline(dump, line);) {
    line.erase(line.find_last_not_of(" \t") + 1);
    if (line.ends_with('{')) chain = line;
    if (lasts(line)) lines.insert(line.starts_with('\t') ? chain + line : line);
  }
  return lines;
}

/// Inode to the kind of socket it is of. Those to and from a bridge are alike, whether tunneld made
/// them or accepted them when it adopted that bridge.
std::map<std::string, std::string> sockets_of(pid_t pid) {
  std::map<std::string, std::string> kinds;
  std::ifstream sockets{"/proc/" + std::to_string(pid) + "/net/unix"};
  for (std::string line; std::getline(sockets, line);) {
    std::istringstream words{line};
    std::string word;
    std::string inode;
    for (int i = 0; i < 7 && words >> word; ++i) inode = word;
    std::string path;
    words >> path;
    kinds[inode] = path.ends_with("/control.sock") ? path : "unix socket";
  }
  return kinds;
}

std::string kind_of(const std::string& target, const std::map<std::string, std::string>& sockets) {
  if (!target.starts_with("socket:[")) {
    return target.substr(0, target.find(":["));
  }
  const auto found = sockets.find(target.substr(8, target.size() - 9));
  return found == sockets.end() ? "socket" : found->second;
}

void count_descriptors(pid_t pid, const std::string& whose, std::map<std::string, int>& kinds) {
  const auto sockets = sockets_of(pid);
  std::set<std::string> logs;
  for (const auto& entry : fs::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"}) {
    std::error_code gone;
    const auto target = fs::read_symlink(entry.path(), gone).native();
    if (gone) continue;
    const auto kind = kind_of(target, sockets);
    // Control clients come and go, and a log is opened for its first line: once each.
    const bool first_log = kind.starts_with("/var/log/") && logs.insert(kind).second;
    if (!first_log && !kind.ends_with("/control.sock")) ++kinds[whose + ' ' + kind];
  }
}

std::size_t zombies_of(pid_t parent) {
  std::size_t count = 0;
  for (const auto child : children_of(parent)) {
    try {
      if (state_of(child) == 'Z') ++count;
    } catch (const std::exception&) {  // it is gone
    }
  }
  return count;
}

std::size_t memory_of(pid_t pid) {
  std::ifstream rollup{"/proc/" + std::to_string(pid) + "/smaps_rollup"};
  for (std::string word; rollup >> word;) {
    std::size_t kib = 0;
    if (word == "Anonymous:" && rollup >> kib) return kib;
  }
  return 0;
}

}  // namespace

Remains look_at(const World& world, const std::string& gateway) {
  Remains now;
  now.kernel = kernel_of(world, gateway);
  const auto tunneld = world.tunneld_pid(gateway);
  const auto bridge = world.bridge_pid(gateway);
  count_descriptors(tunneld, "tunneld", now.descriptors);
  count_descriptors(bridge, "bridge", now.descriptors);
  now.zombies = zombies_of(tunneld) + zombies_of(bridge);
  now.memory = memory_of(tunneld);
  return now;
}

std::vector<std::string> differences(const Remains& before, const Remains& after) {
  std::vector<std::string> found;
  for (const auto& line : after.kernel) {
    if (!before.kernel.contains(line)) found.push_back("+ " + line);
  }
  for (const auto& line : before.kernel) {
    if (!after.kernel.contains(line)) found.push_back("- " + line);
  }
  auto kinds = before.descriptors;
  for (const auto& [kind, count] : after.descriptors) kinds[kind] -= count;
  for (const auto& [kind, less] : kinds) {
    if (less == 0) continue;
    found.push_back((less < 0 ? "+ " : "- ") + std::to_string(less < 0 ? -less : less) +
                    " descriptors: " + kind);
  }
  return found;
}

}  // namespace tunnel::test
