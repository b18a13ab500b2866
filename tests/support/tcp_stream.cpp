#include "tests/support/tcp_stream.hpp"

#include "tests/support/socket_address.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

namespace tunnel::test {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunk = 65536;
constexpr std::uint64_t kThereSeed = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kBackSeed = 0xd1b54a32d192ed03;
/// A conversation says something at least ten times a second each way, and does not fill the link:
/// bytes a second, and most on the way.
constexpr unsigned kPace = 40'000;
constexpr std::uint64_t kMostUnderWay = 4'000;

UniqueFd make_socket(int family) {
  UniqueFd socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket) fail_errno("make a TCP socket");
  return socket;
}

void wait_for(int fd, short events, const std::string& what) {
  pollfd waiting{fd, events, 0};
  if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) != 1) {
    throw std::runtime_error{"no TCP connection: " + what};
  }
}

/// On a port of the kernel's choice, which `address` has afterwards.
UniqueFd listen_on(const World& world, const std::string& node, SocketAddress& address) {
  const InNetwork inside{world, node};
  auto socket = make_socket(address.family());
  auto any = SocketAddress::any(address.family());
  auto size = SocketAddress::size();
  if (::bind(socket.get(), any.generic(), size) < 0 || ::listen(socket.get(), 1) < 0 ||
      ::getsockname(socket.get(), any.generic(), &size) < 0) {
    fail_errno("listen on " + node);
  }
  address.port() = any.port();
  return socket;
}

UniqueFd connect_from(const World& world, const std::string& node, SocketAddress to) {
  const InNetwork inside{world, node};
  auto socket = make_socket(to.family());
  if (::connect(socket.get(), to.generic(), SocketAddress::size()) < 0 && errno != EINPROGRESS) {
    fail_errno("connect from " + node);
  }
  return socket;
}

}  // namespace

std::uint8_t Flow::Sequence::next() noexcept {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return static_cast<std::uint8_t>((state * 0x2545f4914f6cdd1d) >> 56);
}

void Flow::send(std::uint64_t total) {
  while (sent_ < total) {
    if (unsent_.empty()) {
      unsent_.resize(std::min<std::uint64_t>(kChunk, total - sent_));
      std::generate(unsent_.begin(), unsent_.end(), [this] { return out_.next(); });
    }
    const auto got = ::send(from_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) fail_errno("the connection broke, sending");
    sent_ += static_cast<std::uint64_t>(got);
    unsent_.erase(unsent_.begin(), unsent_.begin() + got);
  }
}

void Flow::receive() {
  std::array<std::uint8_t, kChunk> chunk;
  for (;;) {
    const auto got = ::recv(to_, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got < 0) fail_errno("the connection broke, receiving");
    if (got == 0) throw std::runtime_error{"the connection was closed"};
    const auto end = chunk.begin() + got;
    if (std::any_of(chunk.begin(), end, [this](auto byte) { return byte != in_.next(); })) {
      throw std::runtime_error{"what arrived after " + std::to_string(received_) +
                               " bytes is not what was sent"};
    }
    received_ += static_cast<std::uint64_t>(got);
  }
}

TcpConnection::TcpConnection(const World& world, const std::string& from, const std::string& to,
                             const std::string& address) {
  auto there = SocketAddress::parse(address);
  const auto listener = listen_on(world, to, there);
  client = connect_from(world, from, there);
  const auto what = from + " to " + address;
  wait_for(listener.get(), POLLIN, what);
  server = UniqueFd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!server) fail_errno("accept a connection, " + what);
  wait_for(client.get(), POLLOUT, what);
}

std::chrono::duration<double> transfer(const World& world, const std::string& from,
                                       const std::string& to, const std::string& address,
                                       std::uint64_t bytes) {
  const TcpConnection connection{world, from, to, address};
  Flow there{connection.client.get(), connection.server.get(), kThereSeed};
  Flow back{connection.server.get(), connection.client.get(), kBackSeed};
  const auto begin = Clock::now();
  const auto end = begin + kPatience;
  while (there.received() < bytes || back.received() < bytes) {
    const auto events = [&](const Flow& flow) -> short {
      return flow.sent() < bytes ? POLLIN | POLLOUT : POLLIN;
    };
    std::array<pollfd, 2> waiting{
        {{connection.client.get(), events(there), 0}, {connection.server.get(), events(back), 0}}};
    if (::poll(waiting.data(), waiting.size(), poll_time(end)) == 0) {
      throw std::runtime_error{"the transfer stands still after " +
                               std::to_string(there.received()) + " and " +
                               std::to_string(back.received()) + " bytes"};
    }
    there.send(bytes);
    back.send(bytes);
    there.receive();
    back.receive();
  }
  return Clock::now() - begin;
}

namespace {

void pace(int socket) {
  const unsigned rate = kPace;
  if (::setsockopt(socket, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate) < 0) {
    fail_errno("pace a TCP socket");
  }
}

UniqueFd make_event() {
  UniqueFd event{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!event) fail_errno("make an event");
  return event;
}

}  // namespace

Conversation::Conversation(const World& world, const std::string& from, const std::string& to,
                           const std::string& address)
    : connection_{world, from, to, address},
      there_{connection_.client.get(), connection_.server.get(), kThereSeed},
      back_{connection_.server.get(), connection_.client.get(), kBackSeed},
      progress_{make_event()},
      stop_{make_event()} {
  pace(connection_.client.get());
  pace(connection_.server.get());
  thread_ = std::jthread{[this] { talk(); }};
}

Conversation::~Conversation() {
  ::eventfd_write(stop_.get(), 1);
}

void Conversation::talk() {
  const auto events = [](const Flow& flow) -> short {
    return flow.sent() - flow.received() < kMostUnderWay ? POLLIN | POLLOUT : POLLIN;
  };
  while (broken_.empty()) {
    std::array<pollfd, 3> waiting{{{there_.from(), events(there_), 0},
                                   {back_.from(), events(back_), 0},
                                   {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[2].revents != 0) return;
    const std::lock_guard lock{mutex_};
    try {
      step();
    } catch (const std::exception& error) {
      broken_ = error.what();
    }
    ::eventfd_write(progress_.get(), 1);
  }
}

void Conversation::step() {
  for (auto* flow : {&there_, &back_}) {
    flow->send(flow->received() + kMostUnderWay);
    flow->receive();
  }
}

void Conversation::goes_on(Limit limit) {
  const auto end = Clock::now() + limit;
  std::unique_lock lock{mutex_};
  const auto there = there_.sent() + 1;
  const auto back = back_.sent() + 1;
  for (;;) {
    if (!broken_.empty()) throw std::runtime_error{broken_};
    if (there_.received() >= there && back_.received() >= back) return;
    lock.unlock();
    pollfd waiting{progress_.get(), POLLIN, 0};
    const int count = ::poll(&waiting, 1, poll_time(end));
    eventfd_t ignored = 0;
    ::eventfd_read(progress_.get(), &ignored);
    lock.lock();
    if (count == 0) {
      throw std::runtime_error{"the connection stands still: " + std::to_string(there_.received()) +
                               " of " + std::to_string(there_.sent()) + " bytes arrived, and " +
                               std::to_string(back_.received()) + " of " +
                               std::to_string(back_.sent()) + " the other way"};
    }
  }
}

}  // namespace tunnel::test
