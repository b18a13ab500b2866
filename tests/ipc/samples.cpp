#include "tests/ipc/samples.hpp"

#include "tunneld/base/check.hpp"

#include <limits>
#include <string>
#include <string_view>

namespace tunnel::ipc::test {

namespace {

using namespace std::chrono_literals;

constexpr auto kMost64 = std::numeric_limits<std::uint64_t>::max();
constexpr auto kMost32 = std::numeric_limits<std::uint32_t>::max();
constexpr auto kMost16 = std::numeric_limits<std::uint16_t>::max();

/// The longest duration that also fits in nanoseconds.
constexpr std::chrono::milliseconds kLongest{std::numeric_limits<std::int64_t>::max() / 1000000};

SiteName site(std::string_view name) {
  const auto parsed = SiteName::parse(name);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

InterfaceName interface(std::string_view name) {
  const auto parsed = InterfaceName::parse(name);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

Prefix prefix(std::string_view text) {
  const auto parsed = Prefix::parse(text);
  TUNNEL_CHECK(parsed);
  return *parsed;
}

std::string longest_text() {
  return std::string(kMaxText, '\xff');
}

DialSettings usual_dial() {
  return {.host = "vpn.labs.example",
          .port = 22,
          .user = "pppossh",
          .host_keys = {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "ecdsa-sha2-nistp256 AAAA"},
          .client = SshClient::Openssh,
          .ssh_config = "/etc/tunneld/ssh_config"};
}

Settings usual_settings() {
  Settings settings;
  settings.site = site("labs");
  settings.interface = interface("tun0");
  settings.local = Ipv4Address{0x0ae00101};
  settings.remote = Ipv4Address{0x0ae00102};
  settings.mru = Mru{1500};
  settings.ident = "HOME Network";
  settings.networks = {prefix("192.168.253.0/24"), prefix("2001:db8::/32"),
                       prefix("0.0.0.0/0"),        prefix("::/0"),
                       prefix("203.0.113.4"),      prefix("2001:db8::1")};
  settings.bridge_socket = "/run/tunneld/bridge.sock";
  settings.dial = usual_dial();
  settings.credentials = {"/etc/tunneld/keys/labs"};
  return settings;
}

/// No texts and no lists; names are never empty.
Settings smallest_settings() {
  Settings settings;
  settings.version = 0;
  settings.site = site("a");
  settings.interface = interface("t");
  settings.mru = Mru{0};
  settings.echo_interval = 0ms;
  settings.echo_failures = 0;
  return settings;
}

LinkUp usual_link() {
  return {Ipv4Address{0x0ae00101}, Ipv4Address{0x0ae00102}, Mru{1500}, Mru{1400},
          "libssh2 aes128-ctr hmac-sha2-256 to 203.0.113.4 port 22"};
}

LinkUp extreme_link() {
  return {Ipv4Address{kMost32}, Ipv4Address{kMost32}, Mru{kMost16}, Mru{kMost16}, longest_text()};
}

Statistics extreme_statistics() {
  return {kMost64, kMost64, kMost64, kMost64, kMost64, kMost64, kMost64,
          kMost64, kMost64, kMost64, kMost64, kMost64, kMost32};
}

/// Every field differs, so that two that change places are noticed.
Statistics usual_statistics() {
  return {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
}

}  // namespace

Settings largest_settings() {
  auto settings = usual_settings();
  settings.version = 255;
  settings.site = site(std::string(SiteName::kMaxLength, 'z'));
  settings.interface = interface(std::string(InterfaceName::kMaxLength, 'z'));
  settings.local = settings.remote = Ipv4Address{kMost32};
  settings.mru = Mru{kMost16};
  settings.ident = settings.bridge_socket = longest_text();
  settings.echo_interval = kLongest;
  settings.echo_failures = kMost32;
  settings.networks.assign(kMaxItems, prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  settings.dial->host = settings.dial->user = settings.dial->ssh_config = longest_text();
  settings.dial->port = kMost16;
  settings.dial->host_keys.assign(8, longest_text());
  settings.credentials.assign(8, longest_text());
  return settings;
}

std::vector<ToBridge> messages_to_bridge() {
  auto answering = usual_settings();
  answering.dial.reset();
  return {usual_settings(),
          answering,
          smallest_settings(),
          Refused{"labs is down on this gateway"},
          Refused{longest_text()},
          Refused{},
          Shutdown{"closed"},
          Shutdown{longest_text()},
          Shutdown{}};
}

std::vector<FromBridge> messages_from_bridge() {
  std::vector<FromBridge> all{
      Claim{kVersion, site("home"), "198.51.100.10 port 40022", "SHA256:abc"},
      Claim{255, site(std::string(SiteName::kMaxLength, '9')), longest_text(), longest_text()},
      Claim{0, site("a"), "", ""},
      Adopt{kVersion, site("labs"), Role::Dial, "203.0.113.4 port 22", "", usual_settings(),
            usual_link(), 1234ms},
      Adopt{255, site("a"), Role::Answer, longest_text(), longest_text(), largest_settings(),
            extreme_link(), kLongest},
      Adopt{kVersion, site("labs"), Role::Answer, "", "", smallest_settings(), std::nullopt, 0ms},
      usual_link(),
      extreme_link(),
      LinkUp{},
      LinkDown{Permanence::Transient, "no answer to 3 Echo-Requests"},
      LinkDown{Permanence::Permanent, longest_text()},
      LinkDown{},
      usual_statistics(),
      extreme_statistics(),
      Statistics{},
      RemoteText{"Connection closed"},
      RemoteText{longest_text()},
      RemoteText{}};
  for (int stage = 0; stage <= static_cast<int>(kLastStage); ++stage) {
    all.emplace_back(StageReached{static_cast<Stage>(stage), "203.0.113.4 port 22"});
  }
  for (int layer = 0; layer <= static_cast<int>(kLastLayer); ++layer) {
    all.emplace_back(PppEvent{static_cast<Layer>(layer), "SENDIDENT: HOME Network"});
  }
  all.emplace_back(StageReached{Stage::Ncp, longest_text()});
  all.emplace_back(PppEvent{Layer::Ipcp, longest_text()});
  return all;
}

}  // namespace tunnel::ipc::test
