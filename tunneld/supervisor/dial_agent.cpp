#include "tunneld/supervisor/dial_agent.hpp"

#include "tunneld/agent/key_file.hpp"
#include "tunneld/base/base64.hpp"
#include "tunneld/base/unix_socket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// Somebody may have to confirm it.
constexpr auto kPatienceWithAgent = 30s;

/// Of "TYPE BASE64".
std::vector<std::uint8_t> blob_of(const std::string& line) {
  const auto space = line.find(' ');
  if (space == std::string::npos) return {};
  return decode_base64(std::string_view{line}.substr(space + 1))
      .value_or(std::vector<std::uint8_t>{});
}

agent::Login login_of(const config::Dial& dial) {
  agent::Login login{dial.user, {}, {}};
  for (const auto& line : dial.host_keys) login.host_keys.push_back(blob_of(line));
  return login;
}

/// The public half that says which of the other agent's keys is meant.
Result<std::vector<std::uint8_t>> named_key(const config::Dial& dial, const Secret& identity) {
  if (auto blob = agent::public_half(identity.reveal())) return *std::move(blob);
  const auto key = agent::PrivateKey::parse(identity.reveal());
  if (key) return key->public_blob();
  return make_error(std::errc::invalid_argument,
                    fmt::format("the identity {} does not say which key of the agent is meant: "
                                "name a .pub file as ssh-keygen writes it",
                                dial.identity.native()));
}

}  // namespace

Result<std::unique_ptr<DialAgent>> DialAgent::make(boost::asio::io_context& context,
                                                   const config::Dial& dial, const Secret& identity,
                                                   AgentObserver observer) {
  auto login = login_of(dial);
  std::optional<agent::PrivateKey> key;
  if (dial.agent.empty()) {
    auto parsed = agent::PrivateKey::parse(identity.reveal());
    if (!parsed) {
      return make_error(
          std::errc::invalid_argument,
          fmt::format("the identity {} {}", dial.identity.native(), parsed.error().context));
    }
    login.key_blob = parsed->public_blob();
    key.emplace(std::move(*parsed));
  } else {
    auto named = named_key(dial, identity);
    if (!named) return named.error();
    login.key_blob = std::move(*named);
  }
  std::unique_ptr<DialAgent> made{
      new DialAgent{context, dial, std::move(login), std::move(observer)}};
  made->key_ = std::move(key);
  if (!dial.agent.empty()) made->call_agent();
  return made;
}

DialAgent::DialAgent(boost::asio::io_context& context, const config::Dial& dial, agent::Login login,
                     AgentObserver observer)
    : context_{context},
      observer_{std::move(observer)},
      agent_{dial.agent.native()},
      identity_{dial.identity.native()},
      conversation_{std::move(login)} {}

DialAgent::~DialAgent() {
  drop_client();
}

/// Called at once, so that what is wrong with it is told before somebody has to wait for it.
void DialAgent::call_agent() {
  auto socket = connect_unix(agent_, SocketKind::Stream);
  if (!socket) {
    return observer_.failed(
        AgentFault::Unreachable,
        fmt::format("the agent cannot be reached ({}): start it under the account of tunneld, or "
                    "correct \"agent\" in the profile",
                    socket.error().message()));
  }
  above_ = std::make_shared<AgentStream>(context_, std::move(*socket), agent::kLongestAnswer);
  ask_above(agent::write_identities_request(), [this](Bytes answer) { found_keys(answer); });
}

void DialAgent::ask_above(Bytes request, AgentStream::OnMessage on_answer) {
  const auto above = above_;  // which its end lets go of
  above->ask(request, kPatienceWithAgent, std::move(on_answer),
             [this](AgentEnd, const std::string& why) {
               above_.reset();
               observer_.failed(AgentFault::Unreachable,
                                fmt::format("the agent {} gives no answer: {}. It must run under "
                                            "the account of tunneld",
                                            agent_, why));
             });
}

void DialAgent::found_keys(Bytes answer) {
  const auto keys = agent::parse_identities_answer(answer);
  const auto& wanted = conversation_.login().key_blob;
  above_has_key_ = keys && std::any_of(keys->begin(), keys->end(), [&](Bytes key) {
                     return std::equal(key.begin(), key.end(), wanted.begin(), wanted.end());
                   });
  if (!above_has_key_) {
    return observer_.failed(
        AgentFault::Unusable,
        fmt::format("the agent {} does not have the key of {}, or is locked: SSH_AUTH_SOCK={} "
                    "ssh-add the private key, or ssh-add -X",
                    agent_, identity_, agent_));
  }
  if (!pending_.empty()) forward(std::exchange(pending_, {}));
}

void DialAgent::forward(std::vector<std::uint8_t> request) {
  ask_above(request, [this](Bytes answer) { took_signature(answer); });
}

void DialAgent::took_signature(Bytes answer) {
  const auto signature = agent::parse_sign_answer(answer);
  if (!signature) {
    return observer_.failed(
        AgentFault::Unusable,
        fmt::format("the agent {} refuses to sign with the key of {}: was it "
                    "added for some time only, or to be confirmed (ssh-add -c)?",
                    agent_, identity_));
  }
  note_signature();
  const auto client = client_;  // which its end lets go of
  if (client) client->send(agent::write_sign_answer(*signature));
}

void DialAgent::note_signature() {
  observer_.signed_login(fmt::format("signed a login as {} with the key of {}{}",
                                     conversation_.login().user, identity_,
                                     agent_.empty() ? "" : " by the agent " + agent_));
}

Result<UniqueFd> DialAgent::connect() {
  auto pair = stream_pair();
  if (!pair) return pair.error();
  serve(std::move(pair->first));
  return std::move(pair->second);
}

Result<UniqueFd> DialAgent::open_door(const std::filesystem::path& folder, pid_t bridge) {
  auto door = AgentDoor::open(context_, folder);
  if (!door) return door.error();
  door_ = std::move(*door);
  door_->wait_for_caller([this, bridge](pid_t caller, UniqueFd& socket) {
    if (parent_of(caller) != bridge) {
      observer_.refused(fmt::format("process {}, which is not the ssh of the bridge", caller));
      return AgentDoor::Admission::Refused;
    }
    serve(std::move(socket));
    return AgentDoor::Admission::Admitted;
  });
  return door_->take_handle();
}

void DialAgent::serve(UniqueFd socket) {
  client_ = std::make_shared<AgentStream>(context_, std::move(socket), agent::kLongestRequest);
  client_->serve([this](Bytes message) { on_message(message); },
                 [this](AgentEnd how, const std::string& why) {
                   if (how == AgentEnd::Misbehaved) observer_.refused("the bridge: " + why);
                   drop_client();
                 });
}

void DialAgent::drop_client() {
  if (const auto client = std::exchange(client_, nullptr)) client->close();
  if (const auto above = std::exchange(above_, nullptr)) above->close();
  key_.reset();
}

void DialAgent::on_message(Bytes message) {
  std::visit([this](const auto& what) { act(what); }, conversation_.take(message));
}

void DialAgent::act(const agent::Answer& answer) {
  if (!answer.refused.empty()) observer_.refused(answer.refused);
  client_->send(answer.message);
}

void DialAgent::act(const agent::HangUp& hang_up) {
  observer_.refused(fmt::format("the bridge: {}", hang_up.reason));
  drop_client();
}

void DialAgent::act(const agent::Sign& sign) {
  if (!key_) {
    auto request = agent::write_sign_request(sign.request);
    if (!above_) return drop_client();
    if (above_has_key_) return forward(std::move(request));
    pending_ = std::move(request);
    return;
  }
  const auto signature = key_->sign(sign.algorithm, sign.request.data);
  if (!signature) return act(agent::Answer{agent::write_failure(), signature.error().context});
  note_signature();
  client_->send(agent::write_sign_answer(*signature));
}

}  // namespace tunnel::supervisor
