#pragma once

#include "tunneld/base/time.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/supervisor/backoff.hpp"
#include "tunneld/supervisor/patience.hpp"
#include "tunneld/supervisor/site_table.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tunnel::supervisor {

/// One change of state, for the log and for whoever watches.
struct Transition {
  State from = State::Down;
  State to = State::Down;
  Event event = Event::Start;
  std::string reason;                              // in words; may be empty
  std::optional<std::chrono::milliseconds> pause;  // entering Waiting: until the next attempt
};

/// What the machine asks of the world. Implementations must not call back into it; what fails is
/// told to the machine later, as an event.
class SiteOutput {
 public:
  virtual void open_device() = 0;
  virtual void remove_device() = 0;
  virtual void start_bridge() = 0;
  virtual void grant_claim() = 0;
  virtual void refuse_claim() = 0;
  virtual void stop_bridge() = 0;
  virtual void kill_bridge() = 0;
  virtual void take_up() = 0;
  virtual void take_down() = 0;
  /// A failure that a retry cannot mend; once, until a link is up again or the reason changes.
  virtual void alert(const std::string& reason) = 0;
  virtual void changed(const Transition& transition) = 0;

 protected:
  ~SiteOutput() = default;
};

/// The life of one site's link: tables as data, time and chance injected, no descriptors.
class SiteMachine {
 public:
  SiteMachine(ipc::Role role, ReconnectPolicy policy, const Patience& patience, RandomBelow random,
              SiteOutput& out);

  /// Takes one event; `reason` says why, in words for the administrator.
  void handle(Event event, TimePoint now, std::string reason = {});
  /// Call once now >= *deadline().
  void expire(TimePoint now);

  /// It is to be started in a while; `why` not yet.
  void expect_start(std::string why) {
    wanted_ = true;
    last_error_ = std::move(why);
  }

  std::optional<TimePoint> deadline() const noexcept { return deadline_; }

  State state() const noexcept { return state_; }

  TimePoint since() const noexcept { return since_; }

  /// Why the link is not up; empty when it is.
  const std::string& last_error() const noexcept { return last_error_; }

  unsigned failures() const noexcept { return backoff_.failures(); }

  /// Whether it waits because its bridges crashed again and again.
  bool braked() const noexcept { return braked_; }

  /// Whether an administrator wants this link (Stop was not the last word).
  bool wanted() const noexcept { return wanted_; }

 private:
  void run(Action action, TimePoint now, const std::string& reason);
  void arm(Duration pause, TimePoint now);
  std::string timeout_reason(TimePoint now) const;
  void hold_down(std::chrono::milliseconds pause, TimePoint now, const std::string& reason);
  void note(Event event, State from, const std::string& reason);
  std::chrono::milliseconds retry_pause();

  const Table& table_;
  Patience patience_;
  Backoff backoff_;
  SiteOutput& out_;
  State state_ = State::Down;
  TimePoint since_{};
  std::optional<TimePoint> deadline_;
  TimePoint attempt_until_{};
  bool braked_ = false;
  std::optional<std::chrono::milliseconds> pause_;  // the one just armed, for the log
  bool held_ = false;                               // the link that just ended had lasted
  bool wanted_ = false;
  std::string last_error_;
  std::string alerted_;
};

}  // namespace tunnel::supervisor
