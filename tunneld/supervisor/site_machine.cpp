#include "tunneld/supervisor/site_machine.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::supervisor {

namespace {

using namespace std::chrono_literals;

/// A link that lasted this long starts its pauses anew; one that breaks sooner does not, so that a
/// link which comes up only to fall over is braked like one that does not come up.
constexpr auto kHeldLongEnough = 10s;

/// Whatever makes bridges crash again and again, a peer may do it on purpose, and each time is
/// another try at what lies behind the crash.
constexpr auto kBrake = 5min;

bool is_ppp(State state) {
  return state == State::Lcp || state == State::PppAuth || state == State::Ncp;
}

bool is_attempt(State state) {
  return state >= State::Resolve && state <= State::Ncp;
}

/// Whether a link, or the way to one, is lost by this: not where the bridge was told to end, nor
/// where a pause is over.
bool is_failure(Event event, State from) {
  if (event == Event::LinkFailed || event == Event::LinkRefused || event == Event::LinkAbused ||
      event == Event::ProofsRefused || event == Event::CrashLoop) {
    return true;
  }
  const bool at_work = is_attempt(from) || from == State::Up;
  return at_work && (event == Event::BridgeGone || event == Event::Timeout);
}

}  // namespace

SiteMachine::SiteMachine(ipc::Role role, ReconnectPolicy policy, const Patience& patience,
                         RandomBelow random, SiteOutput& out)
    : table_{role == ipc::Role::Dial ? kDialTable : kAnswerTable},
      patience_{patience},
      backoff_{policy, std::move(random)},
      out_{out} {}

void SiteMachine::handle(Event event, TimePoint now, std::string reason) {
  const auto& cell = table_[static_cast<std::size_t>(event)][static_cast<std::size_t>(state_)];
  if (event == Event::Start || event == Event::Restart || event == Event::Adopted) wanted_ = true;
  if (event == Event::Stop) wanted_ = false;
  if (!cell.legal) return;
  const auto from = state_;
  held_ = from == State::Up && now - since_ >= kHeldLongEnough;
  if (held_) backoff_.reset();
  if (is_failure(event, from)) last_error_ = reason;
  if (event == Event::LinkUp || event == Event::Adopted) last_error_.clear();
  if (event == Event::Stop) last_error_.clear();
  state_ = cell.next;
  if (from != state_) since_ = now;
  if (!is_attempt(from) || event == Event::Claimed) attempt_until_ = now + patience_.attempt();
  if (from != state_) braked_ = event == Event::CrashLoop;
  pause_.reset();
  for (const auto action : cell.actions) run(action, now, reason);
  if (from != state_ || pause_) note(event, from, reason);
}

void SiteMachine::expire(TimePoint now) {
  if (!deadline_ || now < *deadline_) return;
  deadline_.reset();
  if (state_ == State::Waiting && backoff_.exhausted()) {
    handle(Event::AttemptsSpent, now, last_error_);
    return;
  }
  handle(Event::Timeout, now, is_attempt(state_) ? timeout_reason(now) : std::string{});
}

std::string SiteMachine::timeout_reason(TimePoint now) const {
  if (now >= attempt_until_) return "no link after all the time that its stages have together";
  return "nothing heard in state " + std::string{name(state_)};
}

void SiteMachine::note(Event event, State from, const std::string& reason) {
  out_.changed(Transition{from, state_, event, reason, pause_});
}

void SiteMachine::arm(Duration pause, TimePoint now) {
  deadline_ = now + pause;
}

void SiteMachine::hold_down(std::chrono::milliseconds pause, TimePoint now,
                            const std::string& reason) {
  pause_ = pause;
  arm(pause, now);
  if (std::exchange(alerted_, reason) != reason) out_.alert(reason);
}

std::chrono::milliseconds SiteMachine::retry_pause() {
  return held_ ? backoff_.after_established() : backoff_.next();
}

void SiteMachine::run(Action action, TimePoint now, const std::string& reason) {
  switch (action) {
    case Action::None:
      return;
    case Action::OpenDevice:
      return out_.open_device();
    case Action::RemoveDevice:
      return out_.remove_device();
    case Action::StartBridge:
      return out_.start_bridge();
    case Action::GrantClaim:
      return out_.grant_claim();
    case Action::RefuseClaim:
      return out_.refuse_claim();
    case Action::StopBridge:
      return out_.stop_bridge();
    case Action::KillBridge:
      return out_.kill_bridge();
    case Action::TakeUp:
      alerted_.clear();
      return out_.take_up();
    case Action::TakeDown:
      return out_.take_down();
    case Action::ArmStage:
      deadline_ =
          std::min(now + (is_ppp(state_) ? patience_.ppp : patience_.connect), attempt_until_);
      return;
    case Action::ArmRetry:
      pause_ = retry_pause();
      return arm(*pause_, now);
    case Action::ArmLongest:
      return hold_down(backoff_.longest(), now, reason);
    case Action::ArmBrake:
      return hold_down(kBrake, now, reason);
    case Action::ArmClose:
      return arm(patience_.close, now);
    case Action::Disarm:
      deadline_.reset();
      return;
    case Action::ForgetFailures:
      backoff_.reset();
      return;
  }
}

}  // namespace tunnel::supervisor
