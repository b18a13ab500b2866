#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace tunnel::test {

/// One way of a TCP connection: a sequence of bytes that depends on its seed alone is sent at one
/// end, and compared at the other.
class Flow {
 public:
  Flow(int from, int to, std::uint64_t seed) : from_{from}, to_{to}, out_{seed}, in_{seed} {}

  /// Sends what the kernel takes, up to `total` bytes since the beginning.
  void send(std::uint64_t total);
  /// Takes what has arrived. Throws if it is not what was sent, or at a broken connection.
  void receive();

  std::uint64_t sent() const noexcept { return sent_; }

  std::uint64_t received() const noexcept { return received_; }

  int from() const noexcept { return from_; }

  int to() const noexcept { return to_; }

 private:
  /// xorshift64*, one byte a step: a repeated, lost or swapped piece cannot go unnoticed.
  struct Sequence {
    std::uint64_t state;
    std::uint8_t next() noexcept;
  };

  int from_;
  int to_;
  Sequence out_;
  Sequence in_;
  std::vector<std::uint8_t> unsent_{};
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
};

/// A connection from one node to another, over IPv4 or IPv6, both ends in this process.
struct TcpConnection {
  TcpConnection(const World& world, const std::string& from, const std::string& to,
                const std::string& address);

  UniqueFd client{};
  UniqueFd server{};
};

/// Sends so many bytes each way at the same time, and returns how long it took. Throws if they
/// are not the same at the other end.
std::chrono::duration<double> transfer(const World& world, const std::string& from,
                                       const std::string& to, const std::string& address,
                                       std::uint64_t bytes);

/// A connection that is never idle, served by a thread of its own: a little each way, all the time.
class Conversation {
 public:
  Conversation(const World& world, const std::string& from, const std::string& to,
               const std::string& address);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation();

  /// Waits until something that was sent after this call has arrived, both ways. Throws if the
  /// connection broke or a byte was wrong at any time before.
  void goes_on(Limit limit = kPatience);

 private:
  void talk();
  void step();

  TcpConnection connection_;
  std::mutex mutex_;  // the flows, and what broke them
  Flow there_;
  Flow back_;
  std::string broken_;
  UniqueFd progress_;  // eventfds: something was sent or has arrived, or it is over
  UniqueFd stop_;
  std::jthread thread_;
};

}  // namespace tunnel::test
