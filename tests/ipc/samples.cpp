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
  settings.ppp.local = {Ipv4Address{0x0ae00101}, 32};
  settings.ppp.remote = {Ipv4Address{0x0ae00102}, 24};
  settings.ppp.interface_id = InterfaceId{0x0ae00101};
  settings.ppp.mru = Mru{1500};
  settings.ppp.ident = "HOME Network";
  settings.ppp.dns = {Ipv4Address{0x0a000035}};
  settings.ppp.offload = Offload::Avoid;
  settings.ppp.policies.ipv6 = Policy::Require;
  settings.ppp.auth = {.require = {AuthMethod::MsChapV2, AuthMethod::ChapMd5},
                       .accept = {AuthMethod::Pap},
                       .name = "talisker",
                       .rechallenge = 10min};
  settings.remote6 = Ipv6Address::parse("fd00:224::2");
  settings.networks = {prefix("192.168.253.0/24"), prefix("2001:db8::/32"),
                       prefix("0.0.0.0/0"),        prefix("::/0"),
                       prefix("203.0.113.4"),      prefix("2001:db8::1")};
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
  settings.ppp.mru = Mru{0};
  settings.ppp.echo_interval = 0ms;
  settings.ppp.echo_failures = 0;
  settings.ppp.clamp_mss = ClampMss::No;
  return settings;
}

LinkUp usual_link() {
  return {LinkIpv4{Ipv4Address{0x0ae00101},
                   Ipv4Address{0x0ae00102},
                   {Ipv4Address{0x0a000035}, Ipv4Address{0x0a000135}},
                   {Ipv4Address{0x0a00002a}}},
          LinkIpv6{InterfaceId{0x0ae00101}, InterfaceId{0x0ae00102}},
          Mru{1500},
          Mru{1400},
          Compression::None,
          Compression::Deflate,
          "libssh2 aes128-ctr hmac-sha2-256 to 203.0.113.4 port 22"};
}

LinkUp extreme_link() {
  return {std::nullopt,         LinkIpv6{InterfaceId{kMost64}, InterfaceId{kMost64}},
          Mru{kMost16},         Mru{kMost16},
          Compression::Deflate, Compression::Deflate,
          longest_text()};
}

Statistics extreme_statistics() {
  Statistics most{.round_trip_us = kMost32,
                  .queue_packets = kMost32,
                  .queue_bytes = kMost32,
                  .queue_delay_us = kMost32,
                  .queue_delay_max_us = kMost32};
  for (const auto counter : kCounters) most.*counter = kMost64;
  return most;
}

/// Every field differs, so that two that change places are noticed.
Statistics usual_statistics() {
  return {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
          15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28};
}

}  // namespace

Settings largest_settings() {
  auto settings = usual_settings();
  settings.version = 255;
  settings.site = site(std::string(SiteName::kMaxLength, 'z'));
  settings.interface = interface(std::string(InterfaceName::kMaxLength, 'z'));
  settings.ppp.local = settings.ppp.remote = {Ipv4Address{kMost32}, 32};
  settings.ppp.mru = Mru{kMost16};
  settings.ppp.accm = kMost32;
  settings.ppp.fcs = Fcs::Ccitt32;
  settings.ppp.ident = settings.ppp.auth.name = longest_text();
  settings.ppp.echo_interval = settings.ppp.restart = kLongest;
  settings.ppp.echo_failures = settings.ppp.max_configure = kMost32;
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
          Shutdown{},
          Challenge{7, {1, 2, 3}},
          Challenge{kMost32, std::vector<std::uint8_t>(600, 0xff)},
          AuthDecision{7, AuthOutcome::Accepted, "S=0123", ""},
          AuthDecision{8, AuthOutcome::Refused, "", longest_text()},
          Proof{9, "talisker", {1, 2, 3}, "S=0123"},
          Proof{},
          NoProof{10, "there is no secret"},
          Trace{TraceScope::All, kMost16},
          Trace{},
          PathChanged{}};
}

std::vector<FromBridge> messages_from_bridge() {
  std::vector<FromBridge> all{
      Claim{kVersion, site("home"), "198.51.100.10 port 40022", "SHA256:abc", {1, 2, 3}},
      Claim{255, site(std::string(SiteName::kMaxLength, '9')), longest_text(), longest_text(),
            std::vector<std::uint8_t>(600, 0xff)},
      Claim{0, site("a"), "", "", {}},
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
      ChallengeWanted{7, AuthMethod::ChapMd5},
      ProofReceived{8, AuthMethod::MsChapV2, 3, {'l', 'a', 'b', 's'}, {1, 2, 3}},
      ProofReceived{},
      ProofWanted{9, AuthMethod::ChapMd5, 4, {5, 6}, {'h', 'u', 'b'}},
      TracedFrame{Direction::Sent, 1234567, 1500, {0xff, 3, 0, 0x21}, 5},
      TracedFrame{Direction::Received, kMost64, kMost32, std::vector<std::uint8_t>(600, 0xff),
                  kMost32},
      CallRefused{"socket"},
      CallRefused{longest_text()},
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
