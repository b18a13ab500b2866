#include "pppd-bridge/ppp/automaton.hpp"

namespace tunnel::ppp {

namespace {

constexpr std::array<std::string_view, kStates> kStateNames{
    "Initial",  "Starting", "Closed",   "Stopped",  "Closing",
    "Stopping", "Req-Sent", "Ack-Rcvd", "Ack-Sent", "Opened"};
static_assert(kStateNames[static_cast<std::size_t>(State::Opened)] == "Opened");

constexpr std::array<std::string_view, kEvents> kEventNames{
    "Up",  "Down", "Open", "Close", "TO+", "TO-",  "RCR+", "RCR-",
    "RCA", "RCN",  "RTR",  "RTA",   "RUC", "RXJ+", "RXJ-", "RXR"};
static_assert(kEventNames[static_cast<std::size_t>(Event::Rxr)] == "RXR");

constexpr std::array<std::string_view, kActions> kActionNames{
    "", "tlu", "tld", "tls", "tlf", "irc", "zrc", "scr", "sca", "scn", "str", "sta", "scj", "ser"};
static_assert(kActionNames[static_cast<std::size_t>(Action::Ser)] == "ser");

}  // namespace

std::string_view state_name(State state) noexcept {
  return kStateNames[static_cast<std::size_t>(state)];
}

std::string_view event_name(Event event) noexcept {
  return kEventNames[static_cast<std::size_t>(event)];
}

std::string_view action_name(Action action) noexcept {
  return kActionNames[static_cast<std::size_t>(action)];
}

}  // namespace tunnel::ppp
