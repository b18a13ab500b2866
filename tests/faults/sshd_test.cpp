// Faults 27, 28, 31, 32 and 34: the SSH connection, and a peer that floods.

#include "tests/faults/trial.hpp"
#include "tests/netns/clients.hpp"
#include "tests/support/flood.hpp"
#include "tests/support/gateway.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <string>

namespace tunnel::test {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

/// Each way.
void transfer_mebibytes(const Bed& bed, std::uint64_t count) {
  transfer(bed.world(), "client", "routera", "192.168.253.1", count * kMebibyte);
}

std::ptrdiff_t lines_with(const std::string& text, const std::string& what) {
  std::ptrdiff_t count = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

double flaps(Bed& bed) {
  return static_cast<double>(number_of(bed.world().status("home").site, "established") - 1);
}

using Fault27 = WithEitherClient;

TEST_P(Fault27, RekeyingUnderLoad) {
  Bed bed{GetParam(), [](const World& world) {
            world.edit("labs", "/etc/ssh/sshd_config", "LogLevel VERBOSE",
                       "LogLevel DEBUG1\nRekeyLimit 4M");
          }};
  Trial trial{{27,
               "rekeying under load (RekeyLimit 4M)",
               "no loss, no stall",
               {at_most("flaps", 0), at_most("lost", 0, "packets"), within("longest gap", 60ms)}},
              bed};
  const auto first = bed.packets().next();
  trial.begins();
  transfer_mebibytes(bed, 24);
  const auto gap = bed.packets().longest_gap_since(first);
  trial.counted("longest gap", std::chrono::duration<double, std::milli>(gap).count());
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  EXPECT_GE(lines_with(sshd_log(bed.world()), "rekey"), 4) << "or nothing was shown";
  trial.finish();
}

using Fault28 = WithEitherClient;

TEST_P(Fault28, TinySocketBuffers) {
  Bed bed{GetParam(), [](const World& world) {
            for (const auto* gateway : {"home", "labs"}) {
              world.shell(gateway,
                          "sysctl -qw net.ipv4.tcp_wmem='4096 16384 16384' "
                          "net.ipv4.tcp_rmem='4096 16384 16384'");
            }
          }};
  Trial trial{{28,
               "tiny socket buffers (16 KiB)",
               "nothing",
               {at_most("flaps", 0), at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  transfer_mebibytes(bed, 8);
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  trial.finish();
}

/// The longest pause, and one alert also after another attempt.
void expect_permanent(Trial& trial, const World& world, StatusWatch& watch,
                      const std::string& reason) {
  const auto site = watch.wait_for(is_waiting_for(reason), kTrialPatience);
  EXPECT_GE(site.at("next_attempt_seconds").to_number<double>(), 25) << "the longest is 60 s";
  world.tunnelctl("home", {"retry", "labs"});
  watch.wait_for([&](const auto& now) {
    return is_waiting_for(reason)(now) &&
           text_of(now, "last_error_at") != text_of(site, "last_error_at");
  });
  trial.counted("alerts",
                static_cast<double>(log_lines(world, "home", "console", "alert reason=").size()));
}

using Fault31 = WithEitherClient;

TEST_P(Fault31, TheKeyIsRefused) {
  Bed bed{GetParam()};
  const auto& world = bed.world();
  const auto ours = public_key_in(world, "home", "/etc/tunneld/keys/labs.pub");
  const auto other = make_public_key(world, "labs");
  Trial trial{
      {31, "key refused", "permanent: the longest pause, one alert", {at_most("alerts", 1)}}, bed};
  auto watch = world.watch("home");
  world.edit_profile("labs", ours, other);
  trial.begins();
  ProcessHandle{world.session_pid()}.kill();
  expect_permanent(trial, world, watch, "does not accept our key");

  world.edit_profile("labs", other, ours);
  world.tunnelctl("home", {"retry", "labs"});
  trial.finish();
}

// As by `usermod --lock`, in an /etc/shadow that is Labs' alone.
TEST_P(Fault31, TheAccountIsLocked) {
  Bed bed{GetParam()};
  const auto& world = bed.world();
  Trial trial{
      {31, "account locked", "permanent: the longest pause, one alert", {at_most("alerts", 1)}},
      bed};
  auto watch = world.watch("home");
  world.shell("labs",
              "(umask 077; sed 's|^pppossh:|&!|' /etc/shadow >/etc/ssh/shadow); "
              "mount --bind /etc/ssh/shadow /etc/shadow");
  trial.begins();
  ProcessHandle{world.session_pid()}.kill();
  expect_permanent(trial, world, watch, "does not accept our key");
  EXPECT_GE(lines_with(sshd_log(world), "because account is locked"), 2);

  world.shell("labs", "umount /etc/shadow; rm /etc/ssh/shadow");
  world.tunnelctl("home", {"retry", "labs"});
  trial.finish();
}

using Fault32 = WithEitherClient;

TEST_P(Fault32, TheHostKeyHasChanged) {
  Bed bed{GetParam()};
  const auto& world = bed.world();
  Trial trial{
      {32, "the host key changed", "refused", {at_most("alerts", 1), at_most("sessions", 0)}}, bed};
  auto watch = world.watch("home");
  const ProcessHandle session{world.session_pid()};
  const auto pinned =
      fingerprint(world, public_key_in(world, "labs", "/etc/ssh/ssh_host_ed25519_key.pub"));
  world.stop("labs", "sshd");
  world.shell("labs",
              "cd /etc/ssh; mkdir kept; mv ssh_host_ed25519_key* kept; "
              "ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key");
  world.start_sshd();
  const auto accepted = lines_with(sshd_log(world), "Accepted");
  trial.begins();
  session.kill();
  expect_permanent(trial, world, watch, pinned);
  trial.counted("sessions",
                static_cast<double>(lines_with(sshd_log(world), "Accepted") - accepted));

  world.stop("labs", "sshd");
  world.shell("labs", "cd /etc/ssh; mv kept/* .; rmdir kept");
  world.start_sshd();
  world.tunnelctl("home", {"retry", "labs"});
  trial.finish();
}

/// The host's /tmp, which tests that run at the same time share.
const std::string& times_file() {
  static const auto path = "/tmp/times." + std::to_string(::getpid());
  return path;
}

/// A second site that Labs answers, whose key HOME has as well.
void add_flooder(const World& world) {
  answer_with(world, "exec pppd-bridge answer home");
  world.shell("home", "ssh-keygen -q -t ed25519 -N '' -C '' -f /etc/tunneld/keys/flooder");
  const auto key = public_key_in(world, "home", "/etc/tunneld/keys/flooder.pub");
  world.write("labs", "/etc/tunneld/sites/flooder.toml",
              "[site]\nrole = \"answer\"\n[ssh]\nticket = \"none\"\nauthorized_keys = [\"" + key +
                  "\"]\n[ppp]\ninterface = \"tun9\"\nlocal = \"10.224.9.2\"\n"
                  "remote = \"10.224.9.1\"\n[routes]\nremote = [\"10.9.9.0/24\"]\n");
  world.shell("labs",
              "chown root:tunneld /etc/tunneld/sites/flooder.toml; "
              "chmod 640 /etc/tunneld/sites/flooder.toml");
  world.write("labs", "/etc/ssh/keys_of_the_test",
              world.read("labs", "/etc/ssh/keys_of_the_test") +
                  "restrict,command=\"/etc/ssh/flooded\" " + key + '\n');
  world.write("labs", "/etc/ssh/flooded",
              std::string{"#!/bin/bash\nPATH=/usr/local/sbin:$PATH\npppd-bridge answer flooder; "
                          "status=$?\ntimes >"} +
                  times_file() + "; exit $status\n");
  world.shell("labs", "chmod 755 /etc/ssh/flooded; rm -f " + times_file());
}

/// Up to a second after a device has lost its carrier, the kernel says so of its routes.
void wait_until_routes_are_dead(Bed& bed, const std::string& gateway, const std::string& device) {
  const auto line = "ip route show table all dev " + device;
  while (bed.world().shell(gateway, line).find(" linkdown") == std::string::npos) {
    bed.packets().let_pass(50ms);
  }
}

TEST(Fault34, ThePeerFloodsConfigureRequests) {
  Bed bed{SshClient::Libssh2, add_flooder};
  const auto& world = bed.world();
  wait_until_routes_are_dead(bed, "labs", "tun9");
  Trial trial{{34,
               "the peer floods Configure-Requests",
               "rate limit, hold-down",
               {share_of_machine("processor", 5, "% of a core"), at_most("flaps", 0),
                at_most("lost", 0, "packets")}},
              bed};
  trial.begins();
  world.exec("home", {"bash", "-c", std::string{kFlood} + " | " + call_with("flooder")},
             kTrialPatience);
  // The caller may hear of the bridge's end before tunneld has.
  const auto site = world.watch("labs", "flooder").wait_for(is_waiting_for(kFloodReason));
  const auto pause = site.at("next_attempt_seconds").to_number<double>();
  // The second line is what the shell's children took.
  const auto seconds =
      seconds_in(world.shell("labs", "tail -n 1 " + times_file() + "; rm " + times_file()));
  EXPECT_GE(seconds, 0);
  trial.counted("processor", 100 * seconds / pause);
  trial.counted("flaps", flaps(bed));
  trial.count_lost();
  trial.finish();
}

INSTANTIATE_TEST_SUITE_P(Clients, Fault27, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault28, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault31, kEitherClient, client_of_test);
INSTANTIATE_TEST_SUITE_P(Clients, Fault32, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
