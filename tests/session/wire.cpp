#include "tests/session/wire.hpp"

#include "pppd-bridge/transport/stdio_transport.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

namespace tunnel::session::test {

namespace {

using namespace std::chrono_literals;

loop::Loop new_loop() {
  auto loop = loop::Loop::create();
  TUNNEL_CHECK(loop);
  return std::move(*loop);
}

UniqueFd duplicate(const UniqueFd& fd) {
  auto copy = fd.duplicate();
  TUNNEL_CHECK(copy);
  return std::move(*copy);
}

/// Both ends of a pipe or of a stream socket, the reading one first.
std::pair<UniqueFd, UniqueFd> stream(Medium medium) {
  std::array<int, 2> ends{};
  if (medium == Medium::Pipes) {
    TUNNEL_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  } else {
    TUNNEL_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  }
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

}  // namespace

End::End(Ipv4Address local, Ipv4Address remote) : loop{new_loop()}, random_{local.value} {
  auto pair = seqpacket_pair();  // keeps packets apart, as a tun device does
  TUNNEL_CHECK(pair);
  parts.tun = std::move(pair->first);
  kernel = std::move(pair->second);
  const int most = 1 << 20;  // or as much as the system allows
  TUNNEL_CHECK(::setsockopt(kernel.get(), SOL_SOCKET, SO_SNDBUF, &most, sizeof most) == 0);
  parts.ppp.ipv4.local.preferred = local;
  parts.ppp.ipv4.remote.preferred = remote;
}

void End::start(UniqueFd in, UniqueFd out) {
  auto transport = transport::stdio_transport(std::move(in), std::move(out));
  ASSERT_TRUE(transport);
  parts.transport = std::move(*transport);
  session =
      std::make_unique<Session>(loop, std::move(parts), static_cast<Observer&>(*this), random_);
  ASSERT_TRUE(session->start());
}

void End::turn(TimePoint deadline) {
  if (over()) return;
  if (const auto due = session->deadline()) deadline = std::min(deadline, *due);
  ASSERT_TRUE(loop.run_once(deadline));
  ASSERT_TRUE(session->turn());
}

bool End::put(Bytes packet) const {
  return send_datagram(kernel.get(), packet).has_value();
}

std::vector<Packet> End::take() const {
  std::vector<Packet> all;
  Datagram datagram;
  for (;;) {
    const auto status = receive_datagram(kernel.get(), 65536, datagram);
    if (!status || *status != ReceiveStatus::Received) return all;
    all.push_back(datagram.bytes);
  }
}

Wire::Wire(Medium medium) {
  if (medium == Medium::Socket) {
    std::tie(a_in_, b_in_) = stream(medium);
    a_out_ = duplicate(a_in_);
    b_out_ = duplicate(b_in_);
  } else {
    std::tie(a_in_, b_out_) = stream(medium);
    std::tie(b_in_, a_out_) = stream(medium);
  }
  beside_a_ = duplicate(a_out_);
  beside_b_ = duplicate(b_out_);
}

void Wire::start() {
  a.start(std::move(a_in_), std::move(a_out_));
  b.start(std::move(b_in_), std::move(b_out_));
}

std::uint64_t Wire::activity() const {
  std::uint64_t sum = 0;
  for (const auto* end : {&a, &b}) {
    if (!end->session) continue;
    const auto& counted = end->session->counters();
    sum += counted.wire_bytes_in + counted.wire_bytes_out + counted.packets_out;
  }
  return sum;
}

bool Wire::run_until(const std::function<bool()>& done, Duration patience) {
  const auto end = std::max(a.now(), b.now()) + patience;
  auto before = activity();
  while (!done()) {
    if (std::max(a.now(), b.now()) >= end || (a.over() && b.over())) return done();
    // Where nothing moves each waits for a moment only, as the other runs in this thread too.
    const auto moment = activity() == before ? 1ms : 0ms;
    before = activity();
    a.turn(a.now() + moment);
    b.turn(b.now() + moment);
    if (testing::Test::HasFatalFailure()) return false;
  }
  return true;
}

bool Wire::bring_up() {
  start();
  return run_until([&] { return a.agreed && b.agreed; });
}

void Wire::inject_towards_a(std::string_view octets) const {
  ASSERT_EQ(::write(beside_b_.get(), octets.data(), octets.size()),
            static_cast<ssize_t>(octets.size()));
}

void Wire::inject_towards_b(std::string_view octets) const {
  ASSERT_EQ(::write(beside_a_.get(), octets.data(), octets.size()),
            static_cast<ssize_t>(octets.size()));
}

void Wire::cut() const {
  ::shutdown(beside_a_.get(), SHUT_RDWR);
}

void Wire::kill(End& end) {
  (&end == &a ? beside_a_ : beside_b_).reset();
  end.session.reset();
}

}  // namespace tunnel::session::test
