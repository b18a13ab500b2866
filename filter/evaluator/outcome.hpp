#pragma once

#include "filter/model/nat_rule.hpp"
#include "filter/model/rule_lists.hpp"
#include "filter/packet/packet.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::filter::evaluator {

enum class Verdict : std::uint8_t {
  Pass,
  Block,
  BlockReturnRst,
  BlockReturnIcmp,
  BlockReturnIcmpAsDest,
  NoMatch,    // no rule had a say, and the default is to pass
  BadPacket,  // dropped by the checks of the headers, before any rule
};

/// "pass", "block return-rst", "nomatch", as ipftest prints them.
const char* words_for(Verdict verdict) noexcept;

/// Whether the packet goes on.
constexpr bool passes(Verdict verdict) noexcept {
  return verdict == Verdict::Pass || verdict == Verdict::NoMatch;
}

/// What is to be written to the log about a packet (ipmon(8)).
struct LogRecord {
  enum class Action : std::uint8_t { Pass, Block, Log };  // p, b, L

  Action action = Action::Log;
  RuleId rule{};
  LogLevel level{};  // with a facility only where the rule names one
  bool is_short = false;
  bool body = false;        // with the beginning of the packet
  bool keep_state = false;  // K-S: the rule keeps state
  bool keep_frags = false;  // K-F

  bool operator==(const LogRecord&) const = default;
};

/// The severity of a record whose rule names none: INFO for log, NOTICE for pass, WARNING for
/// block, ERR for a short packet.
Severity usual_severity(LogRecord::Action action, bool is_short) noexcept;

/// What has become of a packet.
struct Outcome {
  Verdict verdict = Verdict::NoMatch;
  const Rule* rule = nullptr;   // that decided, also where its state did; none: the default
  RuleId id{};                  // of that rule
  std::uint8_t reply_code = 0;  // of block return-icmp
  packet::Packet packet{};      // as it goes on: translated
  std::vector<LogRecord> log{};
};

/// One thing that happened on the way, for `tunnelctl filter test --explain`.
struct Step {
  enum class Kind : std::uint8_t {
    Translated,     // nat: the rule
    NotTranslated,  // nat: the rule that had nothing left
    Counted,        // rule: a count rule
    InFragments,    // rule: remembered with the first fragment
    InState,        // rule: that made the state
    OutOfWindow,    // of a state, whose rule is not asked
    Matched,        // rule
    GroupDecided,   // rule: the head; a member took its place
    GroupHadNone,   // rule: the head, which stands
    TooDeep,        // rule: the head of a group that is not gone into
    LogFailed,      // rule: with or-block
    StateMade,      // rule
    StateRefused,   // rule; note: why
    FragmentsKept,  // rule
    Decided,        // rule
    DecidedByDefault,
  };

  Kind kind = Kind::Matched;
  const Rule* rule = nullptr;
  RuleId id{};
  const NatRule* nat = nullptr;
  const char* note = "";
};

/// The note of Translated where the packet has begun a session.
inline constexpr auto kNewSession = "a new session";

using Trace = std::vector<Step>;

}  // namespace tunnel::filter::evaluator
