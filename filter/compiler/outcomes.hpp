#pragma once

#include "filter/compiler/blocked_flows.hpp"
#include "filter/compiler/compiler.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tunnel::filter::compiler {

/// Whether the packet that a rule decides about can make a state.
enum class Statable : bool { No, Yes };

/// What becomes of packets once the deciding rule is known: a chain for each kind of outcome, and a
/// map that leads from the numbers of rules to them.
class Outcomes {
 public:
  Outcomes(const Options& options, nft::Table& table) : options_{options}, table_{table} {}

  /// The chain that does what `rule`, which has that number, says with a packet that it decides
  /// about.
  std::string chain_for(const Rule& rule, std::uint32_t number, Statable statable);
  /// Rules at the head of the outbound chain that let our own answers to blocked packets out, which
  /// are nobody's to filter. Only once all chains are made.
  std::vector<nft::Expressions> answers() const;
  /// Where packets of flows go that the rule lets pass by their state.
  nft::Value state_of(const Rule& rule);
  /// The chain for packets of flows that the rule keeps blocked, on their way in or out.
  std::string blocked_chain(const Rule& rule, std::uint32_t number, Direction direction);

  /// Rules that find the packets of flows that are kept blocked, and lead on by the map. Only once
  /// all chains are made.
  std::vector<nft::Expressions> blocked(const std::string& map) const {
    return blocked_.look_up(map);
  }

 private:
  using Rules = std::vector<nft::Expressions>;

  std::string named(std::string name, const std::function<Rules()>& make);
  void add_log(Rules& rules, const Rule& rule, const char* prefix) const;
  void add_keep(Rules& rules, const KeepState& keep);
  std::string pass_chain(const Rule& rule, std::uint32_t number);
  std::string block_chain(const Rule& rule, const char* prefix);
  void add_block(Rules& rules, const Rule& rule);
  void note_answer(Rules& rules, const char* set4, const char* set6);

  const Options& options_;
  nft::Table& table_;
  BlockedFlows blocked_{table_};
  std::map<std::string, bool> made_{};
  bool answers_ = false;         // some rule answers in the gateway's name
  bool as_destination_ = false;  // some in that of the host that was meant
};

/// Octets of a logged packet that are wanted: its headers, those of one that an ICMP error quotes,
/// and 128 octets of the body where the rule says so (ipmon(8)).
inline constexpr unsigned kLoggedHeaders = 128;
inline constexpr unsigned kLoggedBody = 128 + 120;

/// The prefixes of records, by what has happened: the number of the rule is the packet's mark, but
/// for log rules, whose number follows the prefix.
inline constexpr auto kPassed = "p";
inline constexpr auto kBlocked = "b";
inline constexpr auto kPassedByState = "P";
inline constexpr auto kBlockedByState = "B";
inline constexpr auto kLogged = "L";

}  // namespace tunnel::filter::compiler
