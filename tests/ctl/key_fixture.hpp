#pragma once

// A configuration with keys and profiles, for the verbs that need no daemon.

#include "tests/ctl/ctl_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tunnel::ctl {

inline constexpr const char* kHomeKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvwt6+qeTknPvqzJPVB2y7tBw5S5M7DUXs+HoOrvzgq";
inline constexpr const char* kHomeFingerprint =
    "SHA256:tI/1r/BXivY/yAbqpkVzPRh8QsH38zSW81JgHLawR6U";
inline constexpr const char* kAtticKey =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPvwt6+qeTknPvqzJPVB2y7tBw5S5M7DUXs+HoOrvzgr";

inline std::string contents(const std::filesystem::path& file) {
  std::ostringstream out;
  out << std::ifstream{file}.rdbuf();
  return out.str();
}

class KeyTest : public CtlTest {
 protected:
  KeyTest() { set_gateway("/run/tunneld"); }

  void set_gateway(const std::string& runtime_dir, const std::string& bridge = "/opt/pppd-bridge") {
    folder_.write("etc/tunneld.toml", "[gateway]\nname = \"talisker\"\nruntime_dir = \"" +
                                          runtime_dir + "\"\nbridge = \"" + bridge + "\"\n");
  }

  /// A profile that answers; `number` makes its interface and addresses its own.
  void write_answering(const std::string& name, int number, const std::string& key,
                       const std::string& more = {}) {
    const auto n = std::to_string(number);
    folder_.write("etc/sites/" + name + ".toml",
                  "[site]\nrole = \"answer\"\n[ssh]\nauthorized_keys = [\"" + key + "\"]\n" + more +
                      "[ppp]\ninterface = \"tuntest" + n + "\"\nlocal = \"10.224." + n +
                      ".2\"\nremote = \"10.224." + n + ".1\"\n[routes]\nremote = [\"192.168." + n +
                      ".0/24\"]\n");
  }

  std::filesystem::path etc() const { return folder_.path / "etc"; }

  std::vector<std::string> files_in(const std::filesystem::path& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{folder}) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
};

}  // namespace tunnel::ctl
