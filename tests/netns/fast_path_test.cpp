// Super-packets, segments and datagrams through two gateways with and without offloads: what
// arrives is what was sent, with right checksums, and the counters say how it crossed.

#include "tests/netns/both_families.hpp"
#include "tests/netns/clients.hpp"
#include "tests/support/checksums.hpp"
#include "tests/support/datagrams.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::test {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

/// Of one gateway, since its tunneld was started.
struct Counted {
  std::int64_t whole_in = 0;
  std::int64_t whole_out = 0;
  std::int64_t splits = 0;
  std::int64_t segments = 0;
  std::int64_t joins = 0;
  std::int64_t dropped = 0;  // for no good reason

  static Counted of(const boost::json::object& site) {
    const auto& path = site.at("fast_path").as_object();
    const auto& drops = site.at("drops").as_object();
    return {number_of(path, "super_packets_in"),
            number_of(path, "super_packets_out"),
            number_of(path, "splits"),
            number_of(path, "segments"),
            number_of(path, "joins"),
            number_of(drops, "source") + number_of(drops, "malformed") +
                number_of(drops, "too_big") + number_of(drops, "metadata") +
                number_of(drops, "tun") + number_of(site, "bad_frames")};
  }

  Counted since(const Counted& before) const {
    return {whole_in - before.whole_in, whole_out - before.whole_out, splits - before.splits,
            segments - before.segments, joins - before.joins,         dropped - before.dropped};
  }
};

/// Between two ends of ours; some are cut all the same while the machine has no time for the link.
void expect_whole(const Counted& end) {
  EXPECT_GT(end.whole_out, 0);
  EXPECT_GT(end.whole_in, 0);
}

/// Towards a peer that has no frames of ours.
void expect_cut_and_joined(const Counted& end) {
  EXPECT_EQ(end.whole_in + end.whole_out, 0);
  EXPECT_GT(end.splits, 0);
  EXPECT_GT(end.segments, end.splits);
  EXPECT_GT(end.joins, 0);
}

void expect_plain(const Counted& end) {
  EXPECT_EQ(end.whole_in + end.whole_out + end.splits + end.segments + end.joins, 0);
}

/// Two gateways whose profiles say `offload`, which is changed while the link is down.
class FastPath : public WithEitherClient {
 protected:
  FastPath() {
    add_ipv6(world_);
    for (const auto* gateway : {"home", "labs"}) {
      world_.edit_profile(gateway, "[routes]", "offload = true\n\n[routes]");
      offload_[gateway] = true;
    }
    verify_checksums(world_);
    world_.start();
  }

  void set_offload(const std::string& gateway, bool wanted) {
    const auto line = [](bool value) {
      return std::string{"offload = "} + (value ? "true" : "false");
    };
    if (offload_[gateway] != wanted) world_.edit_profile(gateway, line(!wanted), line(wanted));
    offload_[gateway] = wanted;
    world_.tunnelctl(gateway, {"reload"});
  }

  void take_down() {
    world_.tunnelctl("home", {"down", "labs"});
    at_home_ = Counted::of(world_.wait_for("home", is_state("down")));
    at_labs_ = Counted::of(world_.wait_for("labs", is_state("listening")));
  }

  /// With these settings, everything that crosses; and what came of it at home and at Labs.
  std::pair<Counted, Counted> cross(bool home, bool labs) {
    take_down();
    const auto home_before = at_home_;
    const auto labs_before = at_labs_;
    set_offload("home", home);
    set_offload("labs", labs);
    world_.tunnelctl("home", {"up", "labs"});
    wait_for_ipv6(world_);
    everything_crosses();
    take_down();
    EXPECT_EQ(at_home_.dropped - home_before.dropped, 0);
    EXPECT_EQ(at_labs_.dropped - labs_before.dropped, 0);
    EXPECT_EQ(at_home_.whole_out, at_labs_.whole_in);
    EXPECT_EQ(at_labs_.whole_out, at_home_.whole_in);
    return {at_home_.since(home_before), at_labs_.since(labs_before)};
  }

  /// Of hosts behind the gateways, and of the gateways themselves.
  void everything_crosses() {
    transfer(world_, "client", "routera", "192.168.253.1", 4 * kMebibyte);
    transfer(world_, "client", "routera", "fd00:253::1", 4 * kMebibyte);
    transfer(world_, "home", "labs", "10.224.1.2", kMebibyte);
    transfer(world_, "labs", "home", "fd00:224::1", kMebibyte);
    for (const auto* address : {"192.168.253.1", "fd00:253::1"}) {
      send_datagrams(world_, "client", "routera", address, 3);
    }
    for (const auto* address : {"192.168.1.215", "fd00:1::215"}) {
      send_datagrams(world_, "routera", "client", address, 3);
    }
    send_datagrams(world_, "home", "labs", "10.224.1.2", 2);
    send_datagrams(world_, "labs", "home", "fd00:224::1", 2);
    for (const auto* node : {"client", "routera", "home", "labs"}) {
      EXPECT_EQ(checksum_errors(world_, node), 0U) << node;
    }
  }

  World world_{GetParam()};

 private:
  std::map<std::string, bool> offload_;
  Counted at_home_;
  Counted at_labs_;
};

TEST_P(FastPath, CarriesEverythingWhateverTheEndsOffload) {
  {
    SCOPED_TRACE("offloads at both ends");
    const auto [home, labs] = cross(true, true);
    expect_whole(home);
    expect_whole(labs);
  }
  {
    SCOPED_TRACE("at home only");
    const auto [home, labs] = cross(true, false);
    expect_cut_and_joined(home);
    expect_plain(labs);
  }
  {
    SCOPED_TRACE("at Labs only");
    const auto [home, labs] = cross(false, true);
    expect_plain(home);
    expect_cut_and_joined(labs);
  }
  {
    SCOPED_TRACE("at neither");
    const auto [home, labs] = cross(false, false);
    expect_plain(home);
    expect_plain(labs);
  }
}

/// Sends zeros both ways, as fast as they are taken.
class Flood {
 public:
  Flood(const World& world, const std::string& address)
      : connection_{world, "client", "routera", address}, zeros_(256 * 1024) {}

  /// Goes on for so long, and returns how many bytes have arrived each way.
  std::array<std::uint64_t, 2> go_on(Limit time) {
    std::array<std::uint64_t, 2> arrived{};
    const std::array<int, 2> sockets{connection_.client.get(), connection_.server.get()};
    const auto end = std::chrono::steady_clock::now() + time;
    for (auto left = poll_time(end); left > 0; left = poll_time(end)) {
      std::array<pollfd, 2> waiting{
          {{sockets[0], POLLIN | POLLOUT, 0}, {sockets[1], POLLIN | POLLOUT, 0}}};
      ::poll(waiting.data(), waiting.size(), left);
      for (std::size_t i = 0; i < sockets.size(); ++i) {
        static_cast<void>(::send(sockets[i], zeros_.data(), zeros_.size(), MSG_NOSIGNAL));
        arrived[i] += take(sockets[i]);
      }
    }
    return arrived;
  }

 private:
  std::uint64_t take(int socket) {
    const auto got = ::recv(socket, taken_.data(), taken_.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) fail_errno("the connection broke");
    return got < 0 ? 0 : static_cast<std::uint64_t>(got);
  }

  TcpConnection connection_;
  std::vector<std::uint8_t> zeros_;
  std::array<std::uint8_t, 256 * 1024> taken_;
};

TEST_P(FastPath, IsFullBothWaysAndStaysUp) {
  Flood flood{world_, "192.168.253.1"};
  std::uint64_t sum = 0;
  for (int i = 0; i < 6; ++i) {
    for (const auto arrived : flood.go_on(500ms)) {
      EXPECT_GT(arrived, kMebibyte / 4) << "it stands still";
      sum += arrived;
    }
  }
  std::cout << sum * 8 / 3'000'000 << " Mb/s, both ways together\n";
  for (const auto* gateway : {"home", "labs"}) {
    const auto site = world_.status(gateway).site;
    EXPECT_EQ(text_of(site, "state"), "up");
    EXPECT_EQ(number_of(site, "established"), 1);
    EXPECT_GT(number_of(site, "round_trip_us"), 0) << "echoes are answered";
  }
}

INSTANTIATE_TEST_SUITE_P(Clients, FastPath, kEitherClient, client_of_test);

}  // namespace
}  // namespace tunnel::test
