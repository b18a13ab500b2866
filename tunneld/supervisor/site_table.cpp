#include "tunneld/supervisor/site_table.hpp"

namespace tunnel::supervisor {

namespace {

using enum Action;

constexpr Cell to(State next, Action a = None, Action b = None, Action c = None, Action d = None,
                  Action e = None) {
  return Cell{true, next, {a, b, c, d, e}};
}

constexpr Cell kNo{};

/// One event's row. The stages of an attempt (Resolve to Ncp) share a cell; `idle` is Waiting for
/// the end that dials, Listening for the end that answers.
struct Row {
  Event event;
  Cell down, idle, attempt, up, closing, restarting;
};

// clang-format off
constexpr std::array kDialRows{
    Row{Event::Start,
        /*Down*/       to(State::Resolve, OpenDevice, StartBridge, ArmStage),
        /*Waiting*/    kNo,
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    to(State::Restarting),
        /*Restarting*/ kNo},
    Row{Event::Stop,
        /*Down*/       to(State::Down, RemoveDevice),  // given up earlier, or never started
        /*Waiting*/    to(State::Down, Disarm, ForgetFailures, RemoveDevice),
        /*attempt*/    to(State::Closing, StopBridge, ArmClose),
        /*Up*/         to(State::Closing, TakeDown, StopBridge, ArmClose),
        /*Closing*/    kNo,
        /*Restarting*/ to(State::Closing)},
    Row{Event::Restart,
        /*Down*/       to(State::Resolve, OpenDevice, StartBridge, ArmStage),
        /*Waiting*/    to(State::Resolve, ForgetFailures, OpenDevice, StartBridge, ArmStage),
        /*attempt*/    to(State::Restarting, StopBridge, ArmClose),
        /*Up*/         to(State::Restarting, TakeDown, StopBridge, ArmClose),
        /*Closing*/    to(State::Restarting),
        /*Restarting*/ kNo},
    Row{Event::Retry,
        /*Down*/       kNo,
        /*Waiting*/    to(State::Resolve, ForgetFailures, OpenDevice, StartBridge, ArmStage),
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Claimed,  // this end dials: nobody may answer for it
        /*Down*/       to(State::Down, RefuseClaim),
        /*Waiting*/    to(State::Waiting, RefuseClaim),
        /*attempt*/    kNo,
        /*Up*/         to(State::Up, RefuseClaim),
        /*Closing*/    to(State::Closing, RefuseClaim),
        /*Restarting*/ to(State::Restarting, RefuseClaim)},
    Row{Event::LinkUp,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Up, Disarm, TakeUp),
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::LinkFailed,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmRetry),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmRetry),
        /*Closing*/    kNo,  // BridgeGone follows
        /*Restarting*/ kNo},
    Row{Event::LinkRefused,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmLongest),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmLongest),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::LinkAbused,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmLongest),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmLongest),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::ProofsRefused,  // who dials chooses whom to try again
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::BridgeGone,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmRetry),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmRetry),
        /*Closing*/    to(State::Down, KillBridge, Disarm, ForgetFailures, RemoveDevice),
        /*Restarting*/ to(State::Resolve, KillBridge, OpenDevice, StartBridge, ArmStage)},
    Row{Event::CrashLoop,
        /*Down*/       kNo,
        /*Waiting*/    kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmBrake),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmBrake),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Timeout,
        /*Down*/       kNo,
        /*Waiting*/    to(State::Resolve, OpenDevice, StartBridge, ArmStage),
        /*attempt*/    to(State::Waiting, KillBridge, ArmRetry),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmRetry),
        /*Closing*/    to(State::Down, KillBridge, Disarm, ForgetFailures, RemoveDevice),
        /*Restarting*/ to(State::Resolve, KillBridge, OpenDevice, StartBridge, ArmStage)},
    Row{Event::AttemptsSpent,  // the device stays: its networks are refused until somebody acts
        /*Down*/       kNo,
        /*Waiting*/    to(State::Down, Disarm, ForgetFailures),
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Adopted,
        /*Down*/       to(State::Up, Disarm, TakeUp),
        /*Waiting*/    to(State::Up, Disarm, TakeUp),
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
};

constexpr std::array kAnswerRows{
    Row{Event::Start,
        /*Down*/       to(State::Listening, OpenDevice),
        /*Listening*/  kNo,
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    to(State::Restarting),
        /*Restarting*/ kNo},
    Row{Event::Stop,
        /*Down*/       to(State::Down, RemoveDevice),
        /*Listening*/  to(State::Down, Disarm, ForgetFailures, RemoveDevice),
        /*attempt*/    to(State::Closing, StopBridge, ArmClose),
        /*Up*/         to(State::Closing, TakeDown, StopBridge, ArmClose),
        /*Closing*/    kNo,
        /*Restarting*/ to(State::Closing)},
    Row{Event::Restart,
        /*Down*/       to(State::Listening, OpenDevice),
        /*Listening*/  to(State::Listening, Disarm, ForgetFailures, OpenDevice),
        /*attempt*/    to(State::Restarting, StopBridge, ArmClose),
        /*Up*/         to(State::Restarting, TakeDown, StopBridge, ArmClose),
        /*Closing*/    to(State::Restarting),
        /*Restarting*/ kNo},
    Row{Event::Retry,
        /*Down*/       kNo,
        /*Listening*/  to(State::Listening, Disarm, ForgetFailures, OpenDevice),
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Claimed,  // a newer session replaces the older: that one is half-open
        /*Down*/       to(State::Down, RefuseClaim),
        /*Listening*/  to(State::Lcp, OpenDevice, GrantClaim, ArmStage),
        /*attempt*/    to(State::Lcp, KillBridge, GrantClaim, ArmStage),
        /*Up*/         to(State::Lcp, TakeDown, KillBridge, GrantClaim, ArmStage),
        /*Closing*/    to(State::Closing, RefuseClaim),
        /*Restarting*/ to(State::Restarting, RefuseClaim)},
    Row{Event::LinkUp,
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Up, Disarm, ForgetFailures, TakeUp),
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::LinkFailed,
        /*Down*/       kNo,
        /*Listening*/  to(State::Listening, ArmRetry),  // the device could not be made
        /*attempt*/    to(State::Listening, KillBridge, Disarm),
        /*Up*/         to(State::Listening, TakeDown, KillBridge, Disarm),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::LinkRefused,  // the peer will try again; nothing to brake here
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Listening, KillBridge, Disarm),
        /*Up*/         to(State::Listening, TakeDown, KillBridge, Disarm),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::LinkAbused,  // and again and again: kHoldDownCells
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmLongest),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmLongest),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::ProofsRefused,  // the pauses grow: the first ones are for a slip of the pen
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmRetry),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmRetry),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::BridgeGone,
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Listening, KillBridge, Disarm),
        /*Up*/         to(State::Listening, TakeDown, KillBridge, Disarm),
        /*Closing*/    to(State::Down, KillBridge, Disarm, RemoveDevice),
        /*Restarting*/ to(State::Listening, KillBridge, Disarm, OpenDevice)},
    Row{Event::CrashLoop,
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    to(State::Waiting, KillBridge, ArmBrake),
        /*Up*/         to(State::Waiting, TakeDown, KillBridge, ArmBrake),
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Timeout,
        /*Down*/       kNo,
        /*Listening*/  to(State::Listening, OpenDevice),
        /*attempt*/    to(State::Listening, KillBridge, Disarm),
        /*Up*/         to(State::Listening, TakeDown, KillBridge, Disarm),
        /*Closing*/    to(State::Down, KillBridge, Disarm, RemoveDevice),
        /*Restarting*/ to(State::Listening, KillBridge, Disarm, OpenDevice)},
    Row{Event::AttemptsSpent,
        /*Down*/       kNo,
        /*Listening*/  kNo,
        /*attempt*/    kNo,
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
    Row{Event::Adopted,
        /*Down*/       to(State::Up, Disarm, ForgetFailures, TakeUp),
        /*Listening*/  to(State::Up, Disarm, ForgetFailures, TakeUp),
        /*attempt*/    kNo,  // it has a device, and the adopted bridge has another
        /*Up*/         kNo,
        /*Closing*/    kNo,
        /*Restarting*/ kNo},
};
// clang-format on

constexpr std::array kStages{State::Resolve, State::Connect, State::HostKey, State::Auth,
                             State::Lcp,     State::PppAuth, State::Ncp};
constexpr std::array kStageEvents{
    Event::ReachedResolve, Event::ReachedConnect, Event::ReachedHostKey, Event::ReachedAuth,
    Event::ReachedLcp,     Event::ReachedPppAuth, Event::ReachedNcp};

struct HoldDownCell {
  Event event;
  Cell cell;
};

/// The answering end's Waiting, in which nobody is answered.
constexpr std::array kHoldDownCells{
    HoldDownCell{Event::Stop, to(State::Down, Disarm, ForgetFailures, RemoveDevice)},
    HoldDownCell{Event::Restart, to(State::Listening, Disarm, ForgetFailures, OpenDevice)},
    HoldDownCell{Event::Retry, to(State::Listening, Disarm, ForgetFailures, OpenDevice)},
    HoldDownCell{Event::Claimed, to(State::Waiting, RefuseClaim)},
    HoldDownCell{Event::Timeout, to(State::Listening)},
    HoldDownCell{Event::AttemptsSpent, to(State::Listening, ForgetFailures)},
};

constexpr Cell& cell(Table& table, Event event, State state) {
  return table[static_cast<std::size_t>(event)][static_cast<std::size_t>(state)];
}

/// A bridge may report any stage, in any order, as PPP can begin again; and from Up, when the peer
/// renegotiates, which takes the link down.
constexpr void add_stage_rows(Table& table) {
  for (std::size_t i = 0; i < kStages.size(); ++i) {
    for (const auto from : kStages) cell(table, kStageEvents[i], from) = to(kStages[i], ArmStage);
    cell(table, kStageEvents[i], State::Up) = to(kStages[i], TakeDown, ArmStage);
  }
}

template <std::size_t Rows>
constexpr Table build(const std::array<Row, Rows>& rows, State idle) {
  Table table{};
  for (const auto& row : rows) {
    cell(table, row.event, State::Down) = row.down;
    cell(table, row.event, idle) = row.idle;
    for (const auto stage : kStages) cell(table, row.event, stage) = row.attempt;
    cell(table, row.event, State::Up) = row.up;
    cell(table, row.event, State::Closing) = row.closing;
    cell(table, row.event, State::Restarting) = row.restarting;
  }
  add_stage_rows(table);
  return table;
}

constexpr Table with_hold_down(Table table) {
  for (const auto& each : kHoldDownCells) cell(table, each.event, State::Waiting) = each.cell;
  return table;
}

static_assert(kDialRows.size() + kStageEvents.size() == kEvents, "a row for every event");
static_assert(kAnswerRows.size() + kStageEvents.size() == kEvents, "a row for every event");

constexpr std::array<std::string_view, kStates> kStateNames{
    "down", "waiting",  "listening", "resolve", "connect", "host-key",  "auth",
    "lcp",  "ppp-auth", "ncp",       "up",      "closing", "restarting"};
static_assert(kStateNames[static_cast<std::size_t>(State::Restarting)] == "restarting");

constexpr std::array<std::string_view, kEvents> kEventNames{"start",
                                                            "stop",
                                                            "restart",
                                                            "retry",
                                                            "claimed",
                                                            "reached-resolve",
                                                            "reached-connect",
                                                            "reached-host-key",
                                                            "reached-auth",
                                                            "reached-lcp",
                                                            "reached-ppp-auth",
                                                            "reached-ncp",
                                                            "link-up",
                                                            "link-failed",
                                                            "link-refused",
                                                            "link-abused",
                                                            "proofs-refused",
                                                            "bridge-gone",
                                                            "crash-loop",
                                                            "timeout",
                                                            "attempts-spent",
                                                            "adopted"};
static_assert(kEventNames[static_cast<std::size_t>(Event::Adopted)] == "adopted");

}  // namespace

constinit const Table kDialTable = build(kDialRows, State::Waiting);
constinit const Table kAnswerTable = with_hold_down(build(kAnswerRows, State::Listening));

std::string_view name(State state) noexcept {
  return kStateNames[static_cast<std::size_t>(state)];
}

std::string_view name(Event event) noexcept {
  return kEventNames[static_cast<std::size_t>(event)];
}

}  // namespace tunnel::supervisor
