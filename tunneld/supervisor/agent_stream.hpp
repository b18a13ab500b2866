#pragma once

#include "tunneld/agent/message_assembler.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tunnel::supervisor {

/// How a conversation with the other end of an AgentStream ended.
enum class AgentEnd : std::uint8_t {
  Closed,      // by the other end
  Misbehaved,  // it was cut off: a message that is too long, or not there in time
};

/// Messages of the agent protocol on a stream socket, one at a time: nothing more is read from a
/// socket before the message in hand was answered, and no message may take long to come.
///
/// Held by shared_ptr, because a pending wait of the io_context refers to it.
class AgentStream : public std::enable_shared_from_this<AgentStream> {
 public:
  using OnMessage = std::function<void(Bytes message)>;
  using OnEnd = std::function<void(AgentEnd how, const std::string& why)>;

  /// From a message's first octet to its last: they come from this machine.
  static constexpr Duration kPatience = std::chrono::seconds{5};

  /// `longest`: of a message.
  AgentStream(boost::asio::io_context& context, UniqueFd socket, std::size_t longest,
              Duration patience = kPatience);

  /// Takes requests: the next one is read after send(). Nothing is called after close(), on_end at
  /// most once and as the last.
  void serve(OnMessage on_message, OnEnd on_end);

  /// Sends the answer to the message in hand. An end that does not take it is cut off.
  void send(Bytes answer);

  /// Sends a request, and waits as long for its answer.
  void ask(Bytes request, Duration patience, OnMessage on_message, OnEnd on_end);

  void close();

 private:
  void wait();
  void receive();
  void arm(Duration patience);
  bool push(Bytes message);
  void end(AgentEnd how, const std::string& why);

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;
  agent::MessageAssembler assembler_;
  Duration patience_;
  bool armed_ = false;
  OnMessage on_message_;
  OnEnd on_end_;
};

}  // namespace tunnel::supervisor
