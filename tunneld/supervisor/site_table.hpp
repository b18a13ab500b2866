#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The life of a link as data (docs/architecture.md, "Life of a tunnel"): a row an event, a column
/// a state, a cell the next state and the actions on the way, run left to right.
///
/// The two roles have a table each: one dials and waits between attempts, the other listens.
namespace tunnel::supervisor {

enum class State : std::uint8_t {
  Down,       // not wanted, or given up
  Waiting,    // a pause: before the next attempt, or until a peer that was held down is answered
              // again
  Listening,  // answering end: for the peer to dial
  Resolve,
  Connect,
  HostKey,
  Auth,
  Lcp,
  PppAuth,
  Ncp,
  Up,
  Closing,     // the bridge was asked to end
  Restarting,  // as Closing, and then from the beginning
};
inline constexpr std::size_t kStates = 13;

enum class Event : std::uint8_t {
  Start,           // at start-up, or `tunnelctl up`
  Stop,            // `tunnelctl down`, the profile is gone, or the daemon ends
  Restart,         // `tunnelctl restart`, or the profile changed
  Retry,           // `tunnelctl retry`
  Claimed,         // sshd started a bridge for this site
  ReachedResolve,  // what the bridge is doing now
  ReachedConnect,
  ReachedHostKey,
  ReachedAuth,
  ReachedLcp,
  ReachedPppAuth,
  ReachedNcp,
  LinkUp,         // the bridge: addresses are agreed
  LinkFailed,     // the bridge: it ended, and another attempt may succeed
  LinkRefused,    // the bridge: it ended, and somebody must act first
  LinkAbused,     // the bridge: it ended, since the peer flooded it
  ProofsRefused,  // answering end: it ended, and the peer has failed too often to prove itself
  BridgeGone,     // the bridge is dead or closed its socket, without a reason
  CrashLoop,      // the same by its own fault, and so did several just before it
  Timeout,        // the present state has lasted too long
  AttemptsSpent,  // the profile's number of attempts is used up
  Adopted,        // a bridge of an earlier tunneld, with its link up
};
inline constexpr std::size_t kEvents = 22;

enum class Action : std::uint8_t {
  None,
  OpenDevice,    // make the tun device, its address and its routes
  RemoveDevice,  // and take them away again
  StartBridge,   // dialling end: a new attempt
  GrantClaim,    // answering end: settings to the bridge that claims, in place of any other
  RefuseClaim,
  StopBridge,  // ask it to close the link in good order
  KillBridge,  // make sure that it is gone
  TakeUp,      // the link is there: carrier, counters, log
  TakeDown,    // the link is lost: no carrier; packets are refused
  ArmStage,    // a deadline for the present stage
  ArmRetry,    // the next pause
  ArmLongest,  // the longest pause, and one alert
  ArmBrake,    // five minutes, and one alert
  ArmClose,    // a deadline for closing
  Disarm,
  ForgetFailures,
};

/// One cell: legal, or not (kNo: the event is ignored).
struct Cell {
  bool legal = false;
  State next = State::Down;
  std::array<Action, 5> actions{};
};

using Table = std::array<std::array<Cell, kStates>, kEvents>;

extern const Table kDialTable;
extern const Table kAnswerTable;

/// "down", "host-key", … as in `tunnelctl status`.
std::string_view name(State state) noexcept;
/// "link-up", … as in the log.
std::string_view name(Event event) noexcept;

}  // namespace tunnel::supervisor
