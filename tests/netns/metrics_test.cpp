// What Prometheus would see of a real link: by tunnelctl, and in the file for node_exporter.

#include "tests/supervisor/exposition_parser.hpp"
#include "tests/support/gateway.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>

namespace tunnel::test {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr auto kFile = "/var/log/tunneld/tunneld.prom";

using Metrics = ParsedExposition;

Metrics metrics_of(const World& world) {
  const auto told = world.tunnelctl("home", {"metrics"});
  EXPECT_EQ(told.status, 0) << told.err;
  return Metrics::parse(told.out);
}

double of_labs(const Metrics& metrics, std::string_view family, Metrics::Labels labels = {}) {
  labels["site"] = "labs";
  return metrics.value(family, labels).value_or(-1);
}

double bytes_out(const Metrics& metrics) {
  return of_labs(metrics, "tunneld_site_bytes_total", {{"direction", "out"}});
}

void expect_no_counter_to_go_back(const Metrics& before, const Metrics& after) {
  for (const auto& sample : before.samples()) {
    if (before.families().at(sample.family).type != "counter") continue;
    const auto value = after.value(sample.family, sample.labels);
    ASSERT_TRUE(value) << sample.family;
    EXPECT_GE(*value, sample.value)
        << sample.family << ' ' << testing::PrintToString(sample.labels);
  }
}

/// Sees every version of the file from when it is made: none goes unparsed, and no counter back.
class FileWatch {
 public:
  explicit FileWatch(const World& world) : world_{world} {
    const auto folder = world.file("home", kFile).parent_path();
    EXPECT_GE(::inotify_add_watch(watch_.get(), folder.c_str(), IN_MOVED_TO), 0);
  }

  /// The first version from now on of which this is so.
  Metrics wait_for(const std::function<bool(const Metrics&)>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (true) {
      pollfd ready{watch_.get(), POLLIN, 0};
      if (::poll(&ready, 1, poll_time(end)) != 1) throw Timeout{"the metrics did not come to it"};
      std::array<char, 4096> events{};
      if (::read(watch_.get(), events.data(), events.size()) < 0) fail_errno("read events");
      auto now = Metrics::parse(world_.read("home", kFile));
      if (seen_) expect_no_counter_to_go_back(*seen_, now);
      seen_ = now;
      if (condition(now)) return now;
    }
  }

 private:
  const World& world_;
  UniqueFd watch_{::inotify_init1(IN_CLOEXEC)};
  std::optional<Metrics> seen_;
};

bool is_up(const Metrics& metrics) {
  return of_labs(metrics, "tunneld_site_up") == 1 &&
         of_labs(metrics, "tunneld_site_state", {{"state", "up"}}) == 1;
}

/// In these tests a second is enough for the file to come.
void ask_for_the_file(const World& world) {
  world.write("home", "/etc/tunneld/tunneld.toml",
              world.read("home", "/etc/tunneld/tunneld.toml") + "\n[metrics]\nfile = \"" + kFile +
                  "\"\ninterval = \"1s\"\n");
}

TEST(MetricsOfALink, AreTheSameByTunnelctlAndInTheFile) {
  World world;
  ask_for_the_file(world);
  FileWatch file{world};
  world.start();
  EXPECT_TRUE(is_up(metrics_of(world)));
  EXPECT_EQ(of_labs(metrics_of(world), "tunneld_site_established_total"), 1);
  const auto before = file.wait_for(is_up);

  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);

  const auto after = file.wait_for([](const auto& now) { return bytes_out(now) > kMebibyte; });
  EXPECT_LT(bytes_out(before), kMebibyte);
  expect_no_counter_to_go_back(after, metrics_of(world));
  // No Echo is sent while packets come.
  file.wait_for(
      [](const auto& now) { return of_labs(now, "tunneld_site_round_trip_seconds") > 0; });

  struct stat status {};

  ASSERT_EQ(::stat(world.file("home", kFile).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0644U);
}

TEST(MetricsOfALink, CountOnOverAnotherBridgeAndAnotherProfile) {
  World world;
  ask_for_the_file(world);
  FileWatch file{world};
  world.start();
  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);
  const auto before = file.wait_for([](const auto& now) { return bytes_out(now) > kMebibyte; });
  const auto is_up_for_the = [](double count) {
    return [count](const Metrics& now) {
      return is_up(now) && of_labs(now, "tunneld_site_established_total") == count;
    };
  };

  ProcessHandle{world.bridge_pid("home")}.kill();
  const auto later = file.wait_for(is_up_for_the(2));
  expect_no_counter_to_go_back(before, later);

  world.edit_profile("home", "HOME Network", "another name");
  EXPECT_EQ(world.tunnelctl("home", {"reload"}).status, 0);
  expect_no_counter_to_go_back(later, file.wait_for(is_up_for_the(3)));
  expect_no_counter_to_go_back(later, metrics_of(world));

  transfer(world, "client", "routera", "192.168.253.1", kMebibyte);
  file.wait_for([](const auto& now) { return bytes_out(now) > 2 * kMebibyte; });
}

TEST(MetricsOfALink, AreGoneWithTunneldAndWithTheTable) {
  World world;
  const auto without = world.read("home", "/etc/tunneld/tunneld.toml");
  ask_for_the_file(world);
  FileWatch first{world};
  world.start_tunneld("home");
  first.wait_for([](const auto& now) { return of_labs(now, "tunneld_site_up") == 0; });
  world.stop("home", "tunneld");
  EXPECT_FALSE(std::filesystem::exists(world.file("home", kFile)));

  FileWatch second{world};
  world.start_tunneld("home");
  second.wait_for([](const auto& now) { return of_labs(now, "tunneld_site_up") == 0; });
  world.write("home", "/etc/tunneld/tunneld.toml", without);
  EXPECT_EQ(world.tunnelctl("home", {"reload"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(world.file("home", kFile)));
  EXPECT_EQ(of_labs(metrics_of(world), "tunneld_site_up"), 0);
}

// The folder of another program, which may be installed later.
TEST(MetricsOfALink, DoWithoutAFileWhereThereIsNoFolder) {
  World world;
  ask_for_the_file(world);
  world.edit("home", "/etc/tunneld/tunneld.toml", kFile, "/var/log/tunneld/later/tunneld.prom");
  EXPECT_EQ(world.tunnelctl("home", {"check"}).status, 0);
  world.start();
  EXPECT_TRUE(is_up(metrics_of(world)));
  auto log = world.spawn("home", {"tunnelctl", "log", "-f", "--type", "console", "-n", "1000"});
  log.wait_for(
      "metrics cannot be written, which is tried again: write "
      "/var/log/tunneld/later/tunneld.prom: No such file or directory");

  world.shell("home", "install -d -o tunneld /var/log/tunneld/later");
  log.wait_for("metrics are written to /var/log/tunneld/later/tunneld.prom again");
  EXPECT_TRUE(is_up(Metrics::parse(world.read("home", "/var/log/tunneld/later/tunneld.prom"))));
  EXPECT_EQ(log_lines(world, "home", "console", "metrics cannot be written").size(), 1U);
}

}  // namespace
}  // namespace tunnel::test
