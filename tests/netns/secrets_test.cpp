// Where secrets are not: PPP's secrets and the private key of HOME are looked for in everything
// that the programs write, print and send, and in what others can see of them, in clear and as they
// would stand in base64, in hexadecimal digits and in UTF-16.

#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/hex.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// Of HOME towards Labs, by PAP: the one method that sends it. Of Labs towards HOME, by MS-CHAP.
constexpr std::string_view kHomeSecret = "xyzzy-Plover-4711";
constexpr std::string_view kLabsSecret = "frotz-Grue-0815";

/// Something that must not be found.
struct Needle {
  std::string what;
  std::string octets;
};

Bytes bytes_of(const std::string& text) {
  return {static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())), text.size()};
}

/// As base64 has the octets when so many others stand before them: without the digits at both ends
/// that depend on the neighbours.
std::string base64_after(const std::string& octets, std::size_t before) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto shifted = std::string(before, '\0') + octets;
  std::string out;
  for (std::size_t bit = 0; bit + 6 <= shifted.size() * 8; bit += 6) {
    unsigned digit = 0;
    for (std::size_t i = bit; i < bit + 6; ++i) {
      digit = digit << 1 | (static_cast<unsigned char>(shifted[i / 8]) >> (7 - i % 8) & 1U);
    }
    out += kDigits[digit];
  }
  return out.substr((before * 8 + 5) / 6);
}

void add_forms(std::vector<Needle>& needles, const std::string& name, const std::string& octets) {
  needles.push_back({name, octets});
  needles.push_back({name + " in hex", to_hex(bytes_of(octets), HexCase::Lower)});
  needles.push_back({name + " in HEX", to_hex(bytes_of(octets))});
  for (const std::size_t before : {0U, 1U, 2U}) {
    needles.push_back({name + " in base64", base64_after(octets, before)});
  }
  std::string wide;
  for (const char c : octets) (wide += c) += '\0';
  needles.push_back({name + " in UTF-16", wide});
}

class Needles {
 public:
  explicit Needles(const World& world) {
    add_forms(needles_, "the secret of HOME", std::string{kHomeSecret});
    add_forms(needles_, "the secret of Labs", std::string{kLabsSecret});
    add_forms(needles_, "the private key", seed_of(world));
  }

  /// What is found in a text, as "WHERE: WHAT".
  std::vector<std::string> in(const std::string& where, const std::string& hay) const {
    std::vector<std::string> found;
    for (const auto& needle : needles_) {
      if (hay.find(needle.octets) != std::string::npos) found.push_back(where + ": " + needle.what);
    }
    return found;
  }

 private:
  /// The 32 octets that HOME's key is made of: of an OpenSSH key file, the half of its last field
  /// but the comment (PROTOCOL.key).
  static std::string seed_of(const World& world) {
    const auto digits = world.shell("home", R"(python3 - <<'END'
import base64, struct
lines = open("/etc/tunneld/keys/labs").read().split("\n")
rest = base64.b64decode("".join(line for line in lines if "-" not in line))[15:]
def field():
    global rest
    (size,) = struct.unpack(">I", rest[:4])
    value, rest = rest[4:4 + size], rest[4 + size:]
    return value
for _ in range(3): field()
rest = rest[4:]
field()
rest = field()[8:]
field(), field()
print(field()[:32].hex(), end="")
END
)");
    const auto octets = from_hex(digits);
    if (!octets || octets->size() != 32) throw std::runtime_error{"cannot read HOME's key"};
    return {octets->begin(), octets->end()};
  }

  std::vector<Needle> needles_;
};

std::string content(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// All readable memory of a process: more than a core file would have.
std::string memory_of(pid_t pid) {
  const auto process = "/proc/" + std::to_string(pid);
  const UniqueFd memory{::open((process + "/mem").c_str(), O_RDONLY | O_CLOEXEC)};
  std::ifstream maps{process + "/maps"};
  std::string all;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" r") == std::string::npos || line.find("[v") != std::string::npos) continue;
    const auto begin = std::stoull(line, nullptr, 16);
    const auto end = std::stoull(line.substr(line.find('-') + 1), nullptr, 16);
    std::string part(end - begin, '\0');
    const auto got = ::pread(memory.get(), part.data(), part.size(), static_cast<off_t>(begin));
    if (got > 0) all.append(part, 0, static_cast<std::size_t>(got));
  }
  return all;
}

class Secrets : public testing::Test {
 protected:
  Secrets() {
    for (const auto* gateway : {"home", "labs"}) {
      world_.write(gateway, "/etc/tunneld/secrets.toml",
                   "[secrets]\ntalisker = \"" + std::string{kHomeSecret} + "\"\nlabs = \"" +
                       std::string{kLabsSecret} + "\"\n");
      world_.shell(gateway,
                   "chmod 600 /etc/tunneld/secrets.toml; chown tunneld /etc/tunneld/secrets.toml");
      become_journal(gateway);
    }
    world_.edit_profile("home", "[routes]",
                        "[ppp.auth]\nname = \"talisker\"\naccept = [\"pap\"]\npeer = \"labs\"\n"
                        "require = [\"mschap-v2\"]\n\n[routes]");
    world_.edit_profile("labs", "[routes]",
                        "[ppp.auth]\nname = \"labs\"\naccept = [\"mschap-v2\"]\n"
                        "peer = \"talisker\"\nrequire = [\"pap\"]\n\n[routes]");
    ::setenv("JOURNAL_STREAM", "1:1", 1);
  }

  ~Secrets() override { ::unsetenv("JOURNAL_STREAM"); }

  /// Plays systemd's part: what is sent to the journal is in /run/systemd/sent.
  void become_journal(const std::string& gateway) {
    world_.shell(gateway,
                 "mkdir -p /run/systemd; mount -t tmpfs -o mode=755 journal /run/systemd; "
                 "mkdir /run/systemd/journal");
    journals_.push_back(world_.spawn(
        gateway, {"socat", "-d", "-d", "-u", "UNIX-RECV:/run/systemd/journal/socket,mode=666",
                  "OPEN:/run/systemd/sent,creat,append"}));
    journals_.back().wait_for("starting data transfer loop");
  }

  using Look = std::function<void(const std::string& where, const std::string& hay)>;

  void files(const Look& look) const {
    for (const std::string gateway : {"home", "labs"}) {
      for (const auto* folder : {"log", "lib"}) {
        const auto root = world_.folder() / "nodes" / gateway / folder;
        for (const auto& entry : fs::recursive_directory_iterator{root}) {
          if (entry.is_regular_file()) look(entry.path().native(), content(entry.path()));
        }
      }
      look(gateway + "'s /run/tunneld",
           world_.shell(gateway, "find /run/tunneld -type f -exec cat {} +"));
      look(gateway + "'s journal", world_.shell(gateway, "cat /run/systemd/sent"));
      for (const auto* program : {"tunneld", "sshd"}) {
        const auto log = world_.folder() / "nodes" / gateway / (std::string{program} + ".log");
        look(log.native(), content(log));
      }
    }
  }

  void answers(const Look& look) const {
    const std::vector<std::vector<std::string>> verbs{{"status"},
                                                      {"log", "--lines", "10000"},
                                                      {"log", "--type", "auth"},
                                                      {"log", "--type", "ppp"},
                                                      {"routes"},
                                                      {"leases"},
                                                      {"metrics"},
                                                      {"filter", "stats"},
                                                      {"filter", "states"},
                                                      {"nat", "rules"},
                                                      {"nat", "sessions"},
                                                      {"check"},
                                                      {"version"},
                                                      {"reload"}};
    for (const std::string gateway : {"home", "labs"}) {
      for (auto verb : verbs) {
        for (const auto* format : {"", "--json"}) {
          if (*format != '\0') verb.emplace_back(format);
          const auto said = world_.tunnelctl(gateway, verb);
          look(gateway + " " + verb.front() + format, said.out + said.err);
        }
      }
    }
    const auto key = world_.tunnelctl("home", {"key", "show", "labs"});
    EXPECT_THAT(key.out, HasSubstr("ssh-ed25519"));
    look("key show", key.out + key.err);
    look("key authorized-keys", world_.tunnelctl("labs", {"key", "authorized-keys"}).out);
  }

  /// A trace of everything, from the first packet of a link on.
  void traces(const Look& look) const {
    auto trace = world_.spawn(
        "home", {"tunnelctl", "trace", "labs", "--all", "--pcap", "/run/systemd/t.pcap"});
    world_.shell("home", "tail -F -c +1 /run/systemd/t.pcap 2>/dev/null | head -c 24 | wc -c");
    const auto before = number_of(world_.status("home").site, "established");
    world_.tunnelctl("home", {"restart", "labs"});
    world_.wait_for("home", is_established(before + 1));
    world_.wait_until_up("labs");
    EXPECT_TRUE(reaches(world_, "client", "192.168.253.1"));
    trace.signal(SIGINT);
    trace.finish();
    const auto octets = world_.shell("home", "cat /run/systemd/t.pcap");
    EXPECT_THAT(octets, HasSubstr("talisker")) << "the name is there, in PAP's request";
    look("trace", octets);
  }

  std::vector<pid_t> our_processes() const {
    return {world_.tunneld_pid("home"), world_.tunneld_pid("labs"), world_.bridge_pid("home"),
            world_.bridge_pid("labs"), world_.session_pid()};
  }

  World world_;
  std::vector<Process> journals_;
};

TEST_F(Secrets, AreNowhereButInTheirFiles) {
  world_.start();
  const Needles needles{world_};
  std::vector<std::string> found;
  const Look look = [&](const std::string& where, const std::string& hay) {
    for (auto& each : needles.in(where, hay)) found.push_back(std::move(each));
  };
  traces(look);
  answers(look);
  files(look);
  for (const auto pid : our_processes()) {
    for (const auto* file : {"environ", "cmdline"}) {
      const auto text = content("/proc/" + std::to_string(pid) + '/' + file);
      EXPECT_TRUE(!text.empty() || file == std::string_view{"environ"}) << "which may have nothing";
      look("/proc/PID/" + std::string{file}, text);
    }
  }
  EXPECT_THAT(found, IsEmpty());
}

// The search itself, in each of its forms and places.
TEST_F(Secrets, ThatArePlantedAreFound) {
  world_.start();
  const Needles needles{world_};
  EXPECT_THAT(needles.in("", world_.read("home", "/etc/tunneld/secrets.toml")), SizeIs(2));
  EXPECT_THAT(needles.in("", world_.read("home", "/etc/tunneld/keys/labs")), SizeIs(1));
  const auto secret = std::string{kHomeSecret};
  EXPECT_THAT(needles.in("x", "password=" + to_hex(bytes_of(secret), HexCase::Lower)),
              Contains("x: the secret of HOME in hex"));
  for (const auto* text : {"eHl6enktUGxvdmVyLTQ3MTE=", "bnVsbDp4eXp6eS1QbG92ZXItNDcxMQ=="}) {
    EXPECT_THAT(needles.in("x", text), Contains("x: the secret of HOME in base64")) << text;
  }
  std::vector<std::string> found;
  const Look look = [&](const std::string& where, const std::string& hay) {
    for (auto& each : needles.in(where, hay)) found.push_back(std::move(each));
  };
  world_.write("labs", "/var/log/tunneld/ppp.log", "secret " + secret + '\n');
  world_.shell("home", "echo " + secret + " >/run/tunneld/left; echo " + secret +
                           " | socat -u - UNIX-SENDTO:/run/systemd/journal/socket");
  while (world_.shell("home", "cat /run/systemd/sent").find(secret) == std::string::npos) {
  }
  files(look);
  EXPECT_THAT(found, SizeIs(3)) << testing::PrintToString(found);
  auto careless = world_.spawn("home", {"env", "SECRET=" + secret, "tail", "-f", "/dev/null"});
  auto waiting = world_.spawn("home", {"tail", "-f", "/dev/null", "--pid=1", secret});
  while (content("/proc/" + std::to_string(careless.pid()) + "/cmdline").find("tail") != 0) {
  }
  EXPECT_THAT(needles.in("", content("/proc/" + std::to_string(careless.pid()) + "/environ")),
              SizeIs(1));
  EXPECT_THAT(needles.in("", memory_of(careless.pid())), Contains(": the secret of HOME"));
}

// What a core file of a bridge would hold. The secret that PAP sends goes through the bridge of the
// end that asks for it, which has it in what it received; that is what PAP is.
TEST_F(Secrets, AreNotLeftInTheMemoryOfABridge) {
  world_.start();
  const Needles needles{world_};
  for (const std::string gateway : {"home", "labs"}) {
    const auto memory = memory_of(world_.bridge_pid(gateway));
    EXPECT_THAT(memory, HasSubstr("pppd-bridge")) << "it can be read";
    auto found = needles.in(gateway, memory);
    if (gateway == "labs") std::erase(found, "labs: the secret of HOME");
    EXPECT_THAT(found, IsEmpty());
  }
}

/// Of a process that dies of SIGABRT.
std::string cores_in(const World& world, const std::string& gateway, const std::string& folder) {
  return world.shell(gateway, "ls " + folder + " | grep ^core || true");
}

TEST_F(Secrets, AreNotWrittenToACoreFile) {
  world_.start();
  for (const std::string gateway : {"home", "labs"}) {
    const ProcessHandle bridge{world_.bridge_pid(gateway)};
    const auto process = "/proc/" + std::to_string(bridge.pid());
    EXPECT_THAT(content(process + "/limits"),
                testing::ContainsRegex("Max core file size  *0  *0 "));
    const auto folder = fs::read_symlink(process + "/cwd").native();
    const auto before = cores_in(world_, gateway, folder);
    auto home = world_.watch("home");
    auto labs = world_.watch("labs");
    const auto at_home = number_of(home.wait_for(is_state("up")), "established");
    const auto at_labs = number_of(labs.wait_for(is_state("up")), "established");
    bridge.signal(SIGABRT);
    EXPECT_TRUE(bridge.gone_within(kPatience));
    EXPECT_EQ(cores_in(world_, gateway, folder), before) << folder;
    home.wait_for(is_established(at_home + 1));
    labs.wait_for(is_established(at_labs + 1));
  }
  // Where the kernel writes such files at all, anybody else's is.
  if (content("/proc/sys/kernel/core_pattern").find_first_of("/|") != std::string::npos) return;
  world_.shell("home", "mount -t tmpfs -o mode=777 cores /mnt");
  const auto careless =
      world_.exec("home", {"setpriv", "--reuid=pppossh", "--regid=pppossh", "--clear-groups",
                           "bash", "-c", "cd /mnt; ulimit -c unlimited; kill -ABRT $$"});
  EXPECT_EQ(careless.status, 128 + SIGABRT) << careless.err;
  EXPECT_THAT(cores_in(world_, "home", "/mnt"), HasSubstr("core"));
}

}  // namespace
}  // namespace tunnel::test
