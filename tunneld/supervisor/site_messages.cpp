// What a bridge says, checked against the profile before it becomes an event.

#include "tunneld/base/escape.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/ms_chap_failure.hpp"
#include "tunneld/supervisor/ppp_settings.hpp"
#include "tunneld/supervisor/site.hpp"

#include <fmt/format.h>

#include <utility>

namespace tunnel::supervisor {

namespace {

Event event_for(ipc::Stage stage) {
  switch (stage) {
    case ipc::Stage::Resolve:
      return Event::ReachedResolve;
    case ipc::Stage::Connect:
      return Event::ReachedConnect;
    case ipc::Stage::HostKey:
      return Event::ReachedHostKey;
    case ipc::Stage::Auth:
      return Event::ReachedAuth;
    case ipc::Stage::Lcp:
      return Event::ReachedLcp;
    case ipc::Stage::PppAuth:
      return Event::ReachedPppAuth;
    case ipc::Stage::Ncp:
      return Event::ReachedNcp;
  }
  return Event::BridgeGone;
}

std::string layer_name(ipc::Layer layer) {
  switch (layer) {
    case ipc::Layer::Link:
      return "Link";
    case ipc::Layer::Lcp:
      return "LCP";
    case ipc::Layer::Auth:
      return "Auth";
    case ipc::Layer::Ipcp:
      return "IPCP";
    case ipc::Layer::Ipv6cp:
      return "IPV6CP";
    case ipc::Layer::Ccp:
      return "CCP";
  }
  return {};
}

/// Whether it is said once in a while by a bridge in its right mind, whatever its peer does. What
/// it writes has a limit of its own (admits_line); counters and traces only cost their reading.
bool is_of_its_life(const ipc::FromBridge& message) {
  return !std::holds_alternative<ipc::Statistics>(message) &&
         !std::holds_alternative<ipc::PppEvent>(message) &&
         !std::holds_alternative<ipc::RemoteText>(message) &&
         !std::holds_alternative<ipc::TracedFrame>(message);
}

}  // namespace

void Site::received(ipc::FromBridge message) {
  if (is_of_its_life(message) && !facts_.allow(steady_now())) {
    return handle(Event::LinkAbused, "the bridge says more than a link has to say");
  }
  missed_heartbeats_ = 0;
  if (machine_.state() == State::Up) arm_heartbeat();
  std::visit([this](const auto& fact) { on(fact); }, message);
}

void Site::on(const ipc::StageReached& reached) {
  if (reached.stage == ipc::Stage::Lcp) authority_.forget();
  if (machine_.state() == State::Up) {
    return handle(event_for(reached.stage), "the peer negotiates anew");
  }
  const auto detail = escape_text(reached.detail);
  if (reached.stage == ipc::Stage::Connect && !detail.empty()) peer_ = detail;
  if (reached.stage == ipc::Stage::Lcp && profile_.dial() != nullptr && !detail.empty()) {
    write(audit::LogType::Auth, audit::Priority::Info, {},
          fmt::format("connected as {}: {}", profile_.dial()->user, detail));
  }
  handle(event_for(reached.stage), detail);
}

std::string Site::objection_to(const ipc::LinkUp& up) const {
  if (!authority_.satisfied()) return "a peer that has not proved itself";
  return objection(up, profile_.ppp, remote());
}

void Site::take_link(const ipc::LinkUp& up) {
  link_ = up;
  // To its bridge it is no more than standard input and output.
  link_->transport = profile_.answer() != nullptr ? "sshd" : escape_text(up.transport);
  note_agreed(*link_);
}

void Site::on(const ipc::LinkUp& up) {
  const auto state = machine_.state();
  if (state == State::Waiting || state == State::Closing || state == State::Restarting) return;
  if (const auto why = objection_to(up); !why.empty()) {
    return handle(Event::LinkRefused, "the bridge reports " + why);
  }
  take_link(up);
  if (state != State::Up) return handle(Event::LinkUp, {});
  // Another family has come, or one of two has gone.
  note_link();
  if (const auto done = update_network(); !done) return fail_network(done.error());
  // The state is the same, but whoever looks on would wait for the addresses for ever.
  if (context_.changed) context_.changed(profile_.name, {state, state, Event::LinkUp, {}, {}});
}

void Site::on(const ipc::LinkDown& down) {
  auto reason = with_ms_chap_failure_in_words(escape_text(down.reason));
  if (machine_.state() != State::Up && !remote_text_.empty()) {
    // What the far side's program said before it went is why it went.
    reason += fmt::format(" (the far side says: {})", remote_text_);
  }
  if (down.permanence == ipc::Permanence::Transient) return handle(Event::LinkFailed, reason);
  write(audit::LogType::Auth, audit::Priority::Error, {}, reason);
  const bool abused = down.permanence == ipc::Permanence::Abusive;
  handle(abused ? Event::LinkAbused : Event::LinkRefused, reason);
}

void Site::on(const ipc::Statistics& statistics) {
  history_.current = statistics;
}

/// A bridge in its right mind writes no more than twenty lines a second of what its peer causes.
bool Site::admits_line() {
  const auto now = steady_now();
  const bool admitted = lines_.allow(now);
  if (!admitted) ++lines_suppressed_;
  if (lines_suppressed_ > 0 && reports_.allow(now)) {
    say(audit::Priority::Warning,
        fmt::format("lines of the bridge are suppressed: {}", std::exchange(lines_suppressed_, 0)));
  }
  return admitted;
}

void Site::on(const ipc::PppEvent& event) {
  if (!admits_line()) return;
  write(audit::LogType::Ppp, audit::Priority::Info, layer_name(event.layer), event.text);
}

void Site::on(const ipc::RemoteText& text) {
  remote_text_ = escape_text(text.text);
  if (!admits_line()) return;
  say(audit::Priority::Notice, fmt::format("far side says \"{}\"", remote_text_));
}

void Site::answer(ipc::ToBridge answer) {
  if (bridge_) bridge_->channel->send(answer);
  if (auto* proof = std::get_if<ipc::Proof>(&answer)) wipe(proof->response);
}

void Site::on(const ipc::ChallengeWanted& wanted) {
  answer(authority_.answer(wanted));
}

void Site::on(const ipc::ProofReceived& proof) {
  // Its peer was refused, and the session is at its end: no further guess is heard.
  if (brake_.reason()) return handle(Event::BridgeGone, "the bridge goes on after a refusal");
  auto made = authority_.answer(proof);
  const auto& decision = std::get<ipc::AuthDecision>(made);
  const bool accepted = decision.outcome == ipc::AuthOutcome::Accepted;
  write(audit::LogType::Auth, accepted ? audit::Priority::Info : audit::Priority::Warning, {},
        fmt::format("PPP name \"{}\" {}{}", escape_text(proof.name),
                    accepted ? "accepted" : "refused: ", decision.reason));
  if (accepted) {
    brake_.release();
  } else if (profile_.answer() != nullptr) {
    brake_.refused();
  }
  answer(std::move(made));
}

void Site::on(const ipc::ProofWanted& wanted) {
  answer(authority_.answer(wanted));
}

void Site::on(const ipc::TracedFrame& frame) {
  if (context_.traced) context_.traced(profile_.name, frame);
}

/// Its end follows. It may be anybody's word by now, but what it brings about is a pause at worst.
void Site::on(const ipc::CallRefused& refused) {
  crash_ = fmt::format("pppd-bridge was killed by its sandbox (seccomp): it called {}",
                       escape_text(refused.call));
}

void Site::on(const ipc::Claim&) {
  handle(Event::BridgeGone, "the bridge claimed twice");
}

void Site::on(const ipc::Adopt&) {
  handle(Event::BridgeGone, "the bridge claimed twice");
}

}  // namespace tunnel::supervisor
