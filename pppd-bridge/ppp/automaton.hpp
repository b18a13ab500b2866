#pragma once

#include "tunneld/base/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tunnel::ppp {

/// RFC 1661 §4.2, numbered as the table's columns.
enum class State : std::uint8_t {
  Initial,
  Starting,
  Closed,
  Stopped,
  Closing,
  Stopping,
  ReqSent,
  AckRcvd,
  AckSent,
  Opened,
};
inline constexpr std::size_t kStates = 10;

/// RFC 1661 §4.3, in the order of the table's rows.
enum class Event : std::uint8_t {
  Up,
  Down,
  Open,
  Close,
  TimeoutMore,   // TO+: the restart counter is above zero
  TimeoutLast,   // TO-: it has run out
  RcrGood,       // RCR+: a Configure-Request we can Ack
  RcrBad,        // RCR-: one we Nak or Reject
  Rca,           // Configure-Ack
  Rcn,           // Configure-Nak or -Reject
  Rtr,           // Terminate-Request
  Rta,           // Terminate-Ack
  Ruc,           // unknown code
  RxjPermitted,  // RXJ+: Code- or Protocol-Reject of something we can do without
  RxjFatal,      // RXJ-: of something we cannot
  Rxr,           // Echo-Request, Echo-Reply, Discard-Request
};
inline constexpr std::size_t kEvents = 16;

/// RFC 1661 §4.4.
enum class Action : std::uint8_t {
  None,
  Tlu,  // This-Layer-Up
  Tld,  // This-Layer-Down
  Tls,  // This-Layer-Started
  Tlf,  // This-Layer-Finished
  Irc,  // Initialize-Restart-Count
  Zrc,  // Zero-Restart-Count
  Scr,  // Send-Configure-Request
  Sca,  // Send-Configure-Ack
  Scn,  // Send-Configure-Nak or -Reject
  Str,  // Send-Terminate-Request
  Sta,  // Send-Terminate-Ack
  Scj,  // Send-Code-Reject
  Ser,  // Send-Echo-Reply
};
inline constexpr std::size_t kActions = 14;

/// The table's footnotes. None of the three options is taken here: an Open of what is open does
/// nothing, a peer that never answers ends the attempt, and a crossed connection is logged.
enum class Footnote : std::uint8_t {
  None,
  Restart,  // r: an Open may mean Down, Up
  Passive,  // p: may stay in Stopped without This-Layer-Finished
  Crossed,  // x: crossed connection
};

/// One cell of the table in RFC 1661 §4.1: "actions/next", or illegal ("-").
struct Cell {
  bool legal = false;
  State next = State::Initial;
  std::array<Action, 3> actions{};  // run left to right
  Footnote footnote = Footnote::None;
};

// clang-format off
/// RFC 1661 §4.1: a row per event, a column per state.
inline constexpr auto kTable = [] {
  using enum Action;
  using enum State;
  constexpr Cell no{};
  constexpr auto to = [](State next, Action a = None, Action b = None, Action c = None) {
    return Cell{true, next, {a, b, c}, Footnote::None};
  };
  constexpr auto r = [](Cell cell) { cell.footnote = Footnote::Restart; return cell; };
  constexpr auto p = [](Cell cell) { cell.footnote = Footnote::Passive; return cell; };
  constexpr auto x = [](Cell cell) { cell.footnote = Footnote::Crossed; return cell; };
  return std::array<std::array<Cell, kStates>, kEvents>{{
      //         0 Initial        1 Starting              2 Closed               3 Stopped
      //         4 Closing        5 Stopping
      //         6 Req-Sent       7 Ack-Rcvd              8 Ack-Sent             9 Opened
      /*Up  */ {{to(Closed),      to(ReqSent, Irc, Scr),  no,                    no,
                 no,              no,
                 no,              no,                     no,                    no}},
      /*Down*/ {{no,              no,                     to(Initial),           to(Starting, Tls),
                 to(Initial),     to(Starting),
                 to(Starting),    to(Starting),           to(Starting),          to(Starting, Tld)}},
      /*Open*/ {{to(Starting, Tls), to(Starting),         to(ReqSent, Irc, Scr), r(to(Stopped)),
                 r(to(Stopping)), r(to(Stopping)),
                 to(ReqSent),     to(AckRcvd),            to(AckSent),           r(to(Opened))}},
      /*Close*/{{to(Initial),     to(Initial, Tlf),       to(Closed),            to(Closed),
                 to(Closing),     to(Closing),
                 to(Closing, Irc, Str), to(Closing, Irc, Str), to(Closing, Irc, Str), to(Closing, Tld, Irc, Str)}},

      /*TO+ */ {{no,              no,                     no,                    no,
                 to(Closing, Str), to(Stopping, Str),
                 to(ReqSent, Scr), to(ReqSent, Scr),      to(AckSent, Scr),      no}},
      /*TO- */ {{no,              no,                     no,                    no,
                 to(Closed, Tlf), to(Stopped, Tlf),
                 p(to(Stopped, Tlf)), p(to(Stopped, Tlf)), p(to(Stopped, Tlf)),  no}},

      /*RCR+*/ {{no,              no,                     to(Closed, Sta),       to(AckSent, Irc, Scr, Sca),
                 to(Closing),     to(Stopping),
                 to(AckSent, Sca), to(Opened, Sca, Tlu),  to(AckSent, Sca),      to(AckSent, Tld, Scr, Sca)}},
      /*RCR-*/ {{no,              no,                     to(Closed, Sta),       to(ReqSent, Irc, Scr, Scn),
                 to(Closing),     to(Stopping),
                 to(ReqSent, Scn), to(AckRcvd, Scn),      to(ReqSent, Scn),      to(ReqSent, Tld, Scr, Scn)}},
      /*RCA */ {{no,              no,                     to(Closed, Sta),       to(Stopped, Sta),
                 to(Closing),     to(Stopping),
                 to(AckRcvd, Irc), x(to(ReqSent, Scr)),   to(Opened, Irc, Tlu),  x(to(ReqSent, Tld, Scr))}},
      /*RCN */ {{no,              no,                     to(Closed, Sta),       to(Stopped, Sta),
                 to(Closing),     to(Stopping),
                 to(ReqSent, Irc, Scr), x(to(ReqSent, Scr)), to(AckSent, Irc, Scr), x(to(ReqSent, Tld, Scr))}},

      /*RTR */ {{no,              no,                     to(Closed, Sta),       to(Stopped, Sta),
                 to(Closing, Sta), to(Stopping, Sta),
                 to(ReqSent, Sta), to(ReqSent, Sta),      to(ReqSent, Sta),      to(Stopping, Tld, Zrc, Sta)}},
      /*RTA */ {{no,              no,                     to(Closed),            to(Stopped),
                 to(Closed, Tlf), to(Stopped, Tlf),
                 to(ReqSent),     to(ReqSent),            to(AckSent),           to(ReqSent, Tld, Scr)}},

      /*RUC */ {{no,              no,                     to(Closed, Scj),       to(Stopped, Scj),
                 to(Closing, Scj), to(Stopping, Scj),
                 to(ReqSent, Scj), to(AckRcvd, Scj),      to(AckSent, Scj),      to(Opened, Scj)}},
      /*RXJ+*/ {{no,              no,                     to(Closed),            to(Stopped),
                 to(Closing),     to(Stopping),
                 to(ReqSent),     to(ReqSent),            to(AckSent),           to(Opened)}},
      /*RXJ-*/ {{no,              no,                     to(Closed, Tlf),       to(Stopped, Tlf),
                 to(Closed, Tlf), to(Stopped, Tlf),
                 to(Stopped, Tlf), to(Stopped, Tlf),      to(Stopped, Tlf),      to(Stopping, Tld, Irc, Str)}},

      /*RXR */ {{no,              no,                     to(Closed),            to(Stopped),
                 to(Closing),     to(Stopping),
                 to(ReqSent),     to(AckRcvd),            to(AckSent),           to(Opened, Ser)}},
  }};
}();

// clang-format on

constexpr const Cell& transition(State state, Event event) noexcept {
  return kTable[static_cast<std::size_t>(event)][static_cast<std::size_t>(state)];
}

/// RFC 1661 §4.2: the restart timer runs in these states, and in no other.
constexpr bool timer_runs(State state) noexcept {
  return state >= State::Closing && state <= State::AckSent;
}

/// Requests are under way: neither at rest nor agreed.
constexpr bool negotiating(State state) noexcept {
  return state >= State::ReqSent && state <= State::AckSent;
}

/// As FreeBSD's ppp writes them: "Req-Sent".
std::string_view state_name(State state) noexcept;
/// The row's name in the RFC: "RCR+".
std::string_view event_name(Event event) noexcept;
/// "scr"
std::string_view action_name(Action action) noexcept;

/// RFC 1661 §4.6: counters and the restart timer.
struct AutomatonLimits {
  unsigned max_configure = 10;  // Configure-Requests without an answer
  unsigned max_terminate = 2;   // Terminate-Requests without an answer
  unsigned max_failure = 5;     // Configure-Naks without a Configure-Ack
  Duration restart = std::chrono::seconds{3};
};

}  // namespace tunnel::ppp
