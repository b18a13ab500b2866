#include "pppd-bridge/transport/agent_client.hpp"

#include "tunneld/agent/message_assembler.hpp"
#include "tunneld/agent/protocol.hpp"
#include "tunneld/base/ssh_wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tunnel::transport {

namespace {

bool would_block() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

Result<void> AgentClient::wait(short events, const Deadline& deadline) {
  pollfd wanted{socket_.get(), events, 0};
  if (::poll(&wanted, 1, deadline.poll_timeout()) > 0 || !deadline.expired()) return {};
  return make_error(std::errc::timed_out, "the agent does not answer in time");
}

Result<void> AgentClient::send(Bytes request, const Deadline& deadline) {
  while (!request.empty()) {
    const auto sent =
        ::send(socket_.get(), request.data(), request.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      request = request.subspan(static_cast<std::size_t>(sent));
    } else if (!would_block()) {
      return errno_error("ask the agent");
    } else if (const auto ready = wait(POLLOUT, deadline); !ready) {
      return ready;
    }
  }
  return {};
}

Result<std::vector<std::uint8_t>> AgentClient::ask(Bytes request, const Deadline& deadline) {
  if (const auto sent = send(request, deadline); !sent) return sent.error();
  agent::MessageAssembler answer{agent::kLongestAnswer};
  std::array<std::uint8_t, 4096> buffer;
  while (answer.wanted() > 0) {
    const auto room = std::min(answer.wanted(), buffer.size());
    const auto got = ::recv(socket_.get(), buffer.data(), room, MSG_DONTWAIT);
    if (got > 0) {
      answer.add(Bytes{buffer}.first(static_cast<std::size_t>(got)));
    } else if (got == 0) {
      return make_error(std::errc::connection_reset, "the agent has hung up");
    } else if (!would_block()) {
      return errno_error("hear the agent");
    } else if (const auto ready = wait(POLLIN, deadline); !ready) {
      return ready.error();
    }
  }
  if (answer.refused())
    return make_error(std::errc::message_size, "the agent's answer is no answer");
  return answer.take();
}

Result<std::vector<std::uint8_t>> AgentClient::key(const Deadline& deadline) {
  const auto answer = ask(agent::write_identities_request(), deadline);
  if (!answer) return answer.error();
  const auto keys = agent::parse_identities_answer(*answer);
  if (!keys || keys->empty())
    return make_error(std::errc::no_such_file_or_directory, "the agent has no key");
  return std::vector<std::uint8_t>(keys->front().begin(), keys->front().end());
}

Result<std::vector<std::uint8_t>> AgentClient::sign(Bytes key_blob, Bytes data,
                                                    const Deadline& deadline) {
  const auto answer = ask(agent::write_sign_request({key_blob, data, 0}), deadline);
  if (!answer) return answer.error();
  const auto signature = agent::parse_sign_answer(*answer);
  if (!signature) return make_error(std::errc::permission_denied, "the agent refuses to sign");
  ByteReader in{*signature};
  const auto algorithm = ssh_string(in);
  const auto octets = ssh_string(in);
  if (!algorithm || !octets || !in.empty()) {
    return make_error(std::errc::protocol_error, "the agent's signature is of no known form");
  }
  return std::vector<std::uint8_t>(octets->begin(), octets->end());
}

}  // namespace tunnel::transport
