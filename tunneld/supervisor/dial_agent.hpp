#pragma once

#include "tunneld/agent/conversation.hpp"
#include "tunneld/agent/private_key.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/config/configuration.hpp"
#include "tunneld/supervisor/agent_door.hpp"
#include "tunneld/supervisor/agent_stream.hpp"

#include <boost/asio/io_context.hpp>

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// Why there will be no signature. Unreachable: an agent that is not there yet may come.
enum class AgentFault : std::uint8_t { Unreachable, Unusable };

/// Whom a DialAgent tells what it did, in words for auth.log. Nobody may end it from within.
struct AgentObserver {
  std::function<void(std::string)> refused;
  std::function<void(std::string)> signed_login;
  std::function<void(AgentFault, std::string)> failed;
};

/// The agent of one dial. It signs the login that the profile means, and nothing else, for the
/// bridge that dials or its ssh; the key itself stays here, or in another agent that the profile
/// names. It goes with the end of the dial, and wipes the key; that goes sooner if its client hangs
/// up.
class DialAgent {
 public:
  /// `identity`: the contents of the profile's identity. Errors are sentences for the
  /// administrator.
  static Result<std::unique_ptr<DialAgent>> make(boost::asio::io_context& context,
                                                 const config::Dial& dial, const Secret& identity,
                                                 AgentObserver observer);
  DialAgent(const DialAgent&) = delete;
  DialAgent& operator=(const DialAgent&) = delete;
  ~DialAgent();

  /// A connected socket, for a bridge that asks by itself.
  Result<UniqueFd> connect();

  /// A socket to connect to, for the one child of the bridge that will; O_PATH. `folder` is one
  /// that only tunneld may write to.
  Result<UniqueFd> open_door(const std::filesystem::path& folder, pid_t bridge);

  /// Whether the key is still in hand, or the other agent at the line.
  bool holds_key() const noexcept { return key_.has_value() || above_ != nullptr; }

 private:
  DialAgent(boost::asio::io_context& context, const config::Dial& dial, agent::Login login,
            AgentObserver observer);

  void call_agent();
  void serve(UniqueFd socket);
  void on_message(Bytes message);
  void act(const agent::Answer& answer);
  void act(const agent::Sign& sign);
  void act(const agent::HangUp& hang_up);
  void note_signature();
  void ask_above(Bytes request, AgentStream::OnMessage on_answer);
  void found_keys(Bytes answer);
  void forward(std::vector<std::uint8_t> request);
  void took_signature(Bytes answer);
  void drop_client();

  boost::asio::io_context& context_;
  AgentObserver observer_;
  std::string agent_;     // the path of the other agent
  std::string identity_;  // the path of the key
  agent::Conversation conversation_;
  std::optional<agent::PrivateKey> key_;
  std::shared_ptr<AgentStream> above_;  // to the agent that the profile names
  bool above_has_key_ = false;
  std::vector<std::uint8_t> pending_;  // a signature to ask for, once that is known
  std::unique_ptr<AgentDoor> door_;
  std::shared_ptr<AgentStream> client_;
};

}  // namespace tunnel::supervisor
