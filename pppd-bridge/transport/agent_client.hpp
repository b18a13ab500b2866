#pragma once

#include "pppd-bridge/transport/deadline.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tunnel::transport {

/// Asks an SSH agent at the other end of a stream socket, and waits for its answers until a
/// deadline. The key stays there.
class AgentClient {
 public:
  explicit AgentClient(UniqueFd socket) : socket_{std::move(socket)} {}

  /// The public half of the agent's first key, as in RFC 4253 §6.6.
  Result<std::vector<std::uint8_t>> key(const Deadline& deadline);

  /// The octets of a signature of `data`, without the algorithm's name in front: what RFC 4253 §6.6
  /// calls the signature blob. Never for RSA keys, whose algorithm would have to be chosen.
  Result<std::vector<std::uint8_t>> sign(Bytes key_blob, Bytes data, const Deadline& deadline);

 private:
  Result<std::vector<std::uint8_t>> ask(Bytes request, const Deadline& deadline);
  Result<void> send(Bytes request, const Deadline& deadline);
  Result<void> wait(short events, const Deadline& deadline);

  UniqueFd socket_;
};

}  // namespace tunnel::transport
