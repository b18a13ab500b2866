#include "private_network.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

/// libssh2 1.10 forgets two numbers of every ECDSA signature that it makes.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() {
  return "leak:CRYPTO_zalloc\n";
}

namespace tunnel::transport {

namespace {

constexpr const char* kHosts =
    "127.0.0.1 localhost\n"
    "::1 localhost\n"
    "::1 several.test\n"
    "127.0.0.1 several.test\n";

void put_in_place_of(const char* path, const std::string& private_copy) {
  ASSERT_EQ(::mount(private_copy.c_str(), path, nullptr, MS_BIND, nullptr), 0)
      << path << ": " << std::strerror(errno);
}

/// sshd hands commands to root's shell. A bash reads ~/.bashrc first, and what an administrator has
/// there may take long or be left in pieces by a test that kills it.
void give_root_a_plain_shell() {
  std::ifstream host{"/etc/passwd"};
  std::ofstream accounts{"/run/passwd"};
  accounts << "root:x:0:0:root:/:/bin/sh\n";
  for (std::string line; std::getline(host, line);) {
    if (!line.starts_with("root:")) accounts << line << '\n';
  }
  accounts.close();
  put_in_place_of("/etc/passwd", "/run/passwd");
}

void raise_loopback() {
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  ASSERT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &request), 0) << std::strerror(errno);
}

class PrivateNetwork : public testing::Environment {
 public:
  void SetUp() override {
    ASSERT_EQ(::unshare(CLONE_NEWNET | CLONE_NEWNS), 0)
        << "these tests make namespaces, and need root: " << std::strerror(errno);
    ASSERT_EQ(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("run", "/run", "tmpfs", 0, "mode=0755"), 0) << std::strerror(errno);
    ASSERT_EQ(::mkdir("/run/sshd", 0755), 0);
    std::ofstream{"/run/hosts"} << kHosts;
    put_in_place_of("/etc/hosts", "/run/hosts");
    give_root_a_plain_shell();
    raise_loopback();
  }
};

[[maybe_unused]] const auto* const kEnvironment =
    testing::AddGlobalTestEnvironment(new PrivateNetwork);

}  // namespace

std::string run_command(const std::string& command) {
  std::string out;
  std::FILE* const stream = ::popen(command.c_str(), "re");
  EXPECT_NE(stream, nullptr);
  if (stream == nullptr) return out;
  std::array<char, 4096> buffer;
  while (const auto got = std::fread(buffer.data(), 1, buffer.size(), stream)) {
    out.append(buffer.data(), got);
  }
  EXPECT_EQ(::pclose(stream), 0) << command;
  return out;
}

}  // namespace tunnel::transport
