// Ten thousand malformed requests, from clients that come and go, change nothing: not the state,
// not the memory, not the descriptors, and nobody waits for long meanwhile.

#include "tests/support/gateway.hpp"
#include "tests/support/numbered_stream.hpp"
#include "tests/support/sites.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {
namespace {

using testing::HasSubstr;

using Clock = std::chrono::steady_clock;

/// A client of a gateway's control socket that speaks as badly as it is told to.
class RawClient {
 public:
  RawClient(const World& world, const std::string& gateway) : socket_{connect(world, gateway)} {}

  /// As far as it is taken within the limit; false: the daemon has closed.
  bool send(std::string_view text, Limit limit = kPatience) const {
    const auto end = Clock::now() + limit;
    while (!text.empty()) {
      const auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN) {
        return false;
      } else if (!ready(POLLOUT, end)) {
        return true;
      }
    }
    return true;
  }

  /// The next line; "" when the daemon has closed.
  std::string line() {
    const auto end = Clock::now() + kPatience;
    std::array<char, 65536> chunk;
    while (true) {
      if (const auto at = received_.find('\n'); at != std::string::npos) {
        auto out = received_.substr(0, at);
        received_.erase(0, at + 1);
        return out;
      }
      const auto count = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count > 0) {
        received_.append(chunk.data(), static_cast<std::size_t>(count));
      } else if (count == 0 || errno != EAGAIN) {
        return "";
      } else if (!ready(POLLIN, end)) {
        throw Timeout{"no answer on the control socket"};
      }
    }
  }

 private:
  static UniqueFd connect(const World& world, const std::string& gateway) {
    auto socket = connect_unix(
        "/proc/" + std::to_string(world.holder(gateway)) + "/root/run/tunneld/control.sock",
        SocketKind::Stream);
    if (!socket) throw std::runtime_error{socket.error().message()};
    return std::move(*socket);
  }

  bool ready(short events, Clock::time_point end) const {
    pollfd wait{socket_.get(), events, 0};
    return ::poll(&wait, 1, poll_time(end)) == 1;
  }

  UniqueFd socket_;
  std::string received_;
};

/// Requests without an end, each of which has to be refused.
class Garbage {
 public:
  explicit Garbage(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t count) { return random_() % count; }

  std::string next() {
    switch (below(8)) {
      case 0:
        return good().substr(0, 1 + below(good().size() - 1));  // broken JSON
      case 1: {
        auto text = good();  // invalid UTF-8
        text[below(text.size())] = static_cast<char>(0x80 + below(0x80));
        return text;
      }
      case 2:
        return request(method(), R"({"site":)" + wrong_value() + "}");
      case 3:
        return request("\"" + std::string(1 + below(300), 'x') + "\"", "{}");
      case 4:
        return request(R"("log")", R"({"lines":)" + std::string(20 + below(400), '9') + "}");
      case 5:
        return std::string(1 + below(3000), below(2) == 0 ? '[' : '{');
      case 6:
        return "[" + good() + "," + good() + "]";
      default:
        return request(wrong_value(), wrong_value());
    }
  }

 private:
  static std::string request(const std::string& method, const std::string& params) {
    return R"({"jsonrpc":"2.0","id":1,"method":)" + method + R"(,"params":)" + params + "}";
  }

  std::string method() {
    constexpr std::array<const char*, 7> kMethods{"up",     "down",  "restart", "retry",
                                                  "status", "trace", "log"};
    return "\"" + std::string{kMethods[below(kMethods.size())]} + "\"";
  }

  /// One that would take the link down.
  static std::string good() { return request(R"("down")", R"({"site":"labs"})"); }

  std::string wrong_value() {
    const std::vector<std::string> values{"null",      "7",
                                          "-1e999",    "1e308",
                                          "true",      "[]",
                                          "[{}]",      "\"\\u0000\"",
                                          "{}",        "\"x\"",
                                          "[[[[1]]]]", "18446744073709551616",
                                          "0.5",       "\"../../etc/shadow\""};
    return values[below(values.size())];
  }

  std::mt19937 random_;
};

/// In no file: of those, what is in memory is the kernel's to say.
long resident_kib(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8));
  }
  return 0;
}

class ControlGarbage : public testing::Test {
 protected:
  ControlGarbage() {
    world_.start();
    good_.emplace(world_, "home");
  }

  /// What a well-behaved client waits for an answer.
  std::chrono::milliseconds answer_time() {
    const auto begin = Clock::now();
    good_->send("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"status\"}\n");
    EXPECT_THAT(good_->line(), HasSubstr("\"state\":\"up\""));
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  }

  /// One client, its requests, and an end in the middle of something.
  void send_garbage(Garbage& garbage, int requests) {
    RawClient bad{world_, "home"};
    std::string all;
    for (int i = 0; i < requests; ++i) all += garbage.next() + '\n';
    ASSERT_TRUE(bad.send(all));
    for (int i = 0; i < requests; ++i) ASSERT_THAT(bad.line(), HasSubstr("\"error\":{")) << all;
    if (garbage.below(2) == 0) bad.send(garbage.next());
    if (garbage.below(4) == 0) {
      bad.send(std::string(100'000, ' '));
      bad.send("\n");
    }
  }

  World world_;
  std::optional<RawClient> good_;
};

TEST_F(ControlGarbage, OfTenThousandRequestsChangesNothing) {
  const auto daemon = world_.tunneld_pid("home");
  answer_time();  // now the daemon has its connection
  const auto descriptors = open_descriptors(daemon);
  const auto routes = tunnel_routes(world_, "home");
  NumberedStream packets{world_, "client", "routera", "192.168.253.1"};
  Garbage garbage{1};
  send_garbage(garbage, 100);  // what is allocated once is allocated
  const auto memory = resident_kib(daemon);
  std::chrono::milliseconds longest{0};
  for (int i = 0; i < 100; ++i) {
    ASSERT_NO_FATAL_FAILURE(send_garbage(garbage, 100));
    longest = std::max(longest, answer_time());
  }

  EXPECT_LE(resident_kib(daemon) - memory, 4096);
  EXPECT_LT(longest, 5s) << "a hundredth of it, on a machine that is not busy";
  std::cout << "10,000 malformed requests: " << resident_kib(daemon) - memory
            << " KiB more, a good client waited " << longest.count() << " ms at most\n";
  const auto end = Clock::now() + kPatience;
  while (open_descriptors(daemon) > descriptors) {
    answer_time();
    ASSERT_LT(Clock::now(), end) << open_descriptors(daemon) << " instead of " << descriptors;
  }
  EXPECT_EQ(tunnel_routes(world_, "home"), routes);
  const auto site = world_.status("home").site;
  EXPECT_EQ(text_of(site, "state"), "up");
  EXPECT_EQ(number_of(site, "established"), 1);
  packets.goes_on();
  EXPECT_EQ(packets.lost_since(0), 0U);
}

// It asks for the whole log, again and again, and reads nothing.
TEST_F(ControlGarbage, WhoAsksForMoreThanItReadsHarmsItselfAlone) {
  const auto daemon = world_.tunneld_pid("home");
  const auto memory = resident_kib(daemon);
  std::vector<RawClient> greedy;
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    requests += "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"log\",\"params\":{\"lines\":10000}}\n";
  }
  for (int i = 0; i < 15; ++i) {
    greedy.emplace_back(world_, "home");
    greedy.back().send(requests, 50ms);
  }
  for (int i = 0; i < 20; ++i) EXPECT_LT(answer_time(), 10s);
  EXPECT_LE(resident_kib(daemon) - memory, 64 * 1024);
  EXPECT_EQ(number_of(world_.status("home").site, "established"), 1);
}

}  // namespace
}  // namespace tunnel::test
