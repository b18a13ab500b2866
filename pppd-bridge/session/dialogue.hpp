#pragma once

#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "tunneld/ipc/messages.hpp"

#include <optional>

namespace tunnel::session {

/// A question of authentication, as it goes to tunneld, who has the secrets.
ipc::FromBridge question_of(ppp::AuthSerial serial, const ppp::AuthQuestion& question);

struct DialogueAnswer {
  ppp::AuthSerial serial = 0;
  ppp::AuthAnswer answer;
};

/// What tunneld says to one; nullopt: the message is about something else. Secrets in `message` are
/// taken out of it.
std::optional<DialogueAnswer> answer_of(ipc::ToBridge& message);

}  // namespace tunnel::session
