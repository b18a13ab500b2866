#pragma once

#include "tests/ppp/chosen_options.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

// What becomes of two ends on a wire without faults, told from their options alone, and not by the
// engine's means.

namespace tunnel::ppp::test {

/// A reason why two ends cannot have a link, and which of them says so.
struct Obstacle {
  bool noticed_by_first = true;
  DownReason::Kind kind{};
  const char* what = "";
};

class Foreseen {
 public:
  enum class Outcome : std::uint8_t { Open, End };

  Outcome outcome = Outcome::End;
  std::vector<Obstacle> reasons;  // of an End: one of them
  /// Of an End: it comes when the ends tell each other their addresses. Where all that is lost,
  /// IPv4 ends for want of an answer, and IPv6 goes on.
  bool takes_ipcp = false;

  static Foreseen of(const ChosenPair& pair) {
    Foreseen out;
    out.look_at_lcp(pair.first, pair.second, true);
    out.look_at_lcp(pair.second, pair.first, false);
    if (out.reasons.empty()) out.look_at_secrets(pair);
    if (out.reasons.empty()) out.look_at_network(pair.first, pair.second);
    if (!out.reasons.empty()) out.outcome = Outcome::End;
    return out;
  }

 private:
  using Kind = DownReason::Kind;

  void add(bool first, Kind kind, const char* what) { reasons.push_back({first, kind, what}); }

  /// Where `asker` requires what `other` denies.
  void look_at_lcp(const LinkOptions& asker, const LinkOptions& other, bool first) {
    const auto refused = [&](Policy LcpPolicies::*policy) {
      return asker.lcp.policy.*policy == Policy::Require &&
             other.lcp.policy.*policy == Policy::Deny;
    };
    using P = LcpPolicies;
    for (const auto policy : std::array{&P::mru, &P::accm, &P::magic, &P::protocol_field,
                                        &P::address_control, &P::vendor}) {
      if (refused(policy)) add(first, Kind::OptionRefused, "an option of LCP");
    }
    if (refused(&P::fcs) && asker.lcp.fcs != Fcs::Ccitt16) {
      add(first, Kind::OptionRefused, "the FCS");
    }
    if (!asker.auth.require.empty() && !method(asker, other)) {
      // Whichever comes to its end first: a request refused, or a demand that nobody can meet.
      add(first, Kind::AuthRefused, "no common method");
      add(!first, Kind::AuthRefused, "no common method");
    }
  }

  static std::vector<AuthMethod> usable(std::vector<AuthMethod> methods, Channel channel) {
    if (channel == Channel::Plain) std::erase(methods, AuthMethod::Pap);
    return methods;
  }

  /// By which `prover` proves itself to `asker`, as RFC 1661 §6.2 has them bargain.
  static std::optional<AuthMethod> method(const LinkOptions& asker, const LinkOptions& prover) {
    const auto wanted = usable(asker.auth.require, asker.channel);
    const auto known = usable(prover.auth.accept, prover.channel);
    for (const auto each : wanted) {
      if (std::find(known.begin(), known.end(), each) != known.end()) return each;
    }
    return std::nullopt;
  }

  void look_at_secrets(const ChosenPair& pair) {
    const bool first_asks = !pair.first.auth.require.empty();
    const bool second_asks = !pair.second.auth.require.empty();
    if (pair.secrets == Secrets::Different) {
      if (first_asks) add(true, Kind::AuthFailed, "different secrets");
      if (second_asks) add(false, Kind::AuthFailed, "different secrets");
    }
    // It is the second that has none, and it says so itself.
    if (pair.secrets == Secrets::NoneAtOne && first_asks) {
      add(false, Kind::AuthFailed, "no secret");
    }
  }

  struct Family {
    bool first_begins = false;
    bool second_begins = false;
    bool both_grant = false;

    bool opens() const { return both_grant && (first_begins || second_begins); }
  };

  static bool begins(Policy policy, const LinkOptions& options) {
    const bool nobody_asks = !asks(options.ipv4.policy) && !asks(options.ipv6.policy);
    return nobody_asks ? grants(policy) : asks(policy);
  }

  static bool address_agrees(const AddressWish& local, const AddressWish& remote) {
    if (remote.allows(local.preferred)) return true;
    return !remote.preferred.is_unspecified() && local.allows(remote.preferred);
  }

  static bool servers_agree(const IpcpWishes& ours, const IpcpWishes& theirs) {
    const bool dns =
        ours.dns_policy == Policy::Require && (!grants(theirs.dns_policy) || theirs.dns.empty());
    const bool nbns =
        ours.nbns_policy == Policy::Require && (!grants(theirs.nbns_policy) || theirs.nbns.empty());
    return !dns && !nbns;
  }

  static bool requires_refused(Policy ours, Policy theirs) {
    return ours == Policy::Require && !grants(theirs);
  }

  void add_everywhere(Kind kind, const char* what) {
    add(true, kind, what);
    add(false, kind, what);
  }

  void look_at_network(const LinkOptions& first, const LinkOptions& second) {
    const Family v4{begins(first.ipv4.policy, first), begins(second.ipv4.policy, second),
                    grants(first.ipv4.policy) && grants(second.ipv4.policy)};
    const Family v6{begins(first.ipv6.policy, first), begins(second.ipv6.policy, second),
                    grants(first.ipv6.policy) && grants(second.ipv6.policy)};
    const bool agrees = address_agrees(first.ipv4.local, second.ipv4.remote) &&
                        address_agrees(second.ipv4.local, first.ipv4.remote) &&
                        servers_agree(first.ipv4, second.ipv4) &&
                        servers_agree(second.ipv4, first.ipv4);
    for (const auto& policy : {std::pair{first.ipv4.policy, second.ipv4.policy},
                               std::pair{first.ipv6.policy, second.ipv6.policy},
                               std::pair{first.deflate, second.deflate}}) {
      if (requires_refused(policy.first, policy.second))
        add(true, Kind::ProtocolRejected, "a protocol");
      if (requires_refused(policy.second, policy.first))
        add(false, Kind::ProtocolRejected, "a protocol");
    }
    // Where something else ends the link as well, the one that ends first is told.
    const bool v4_required =
        first.ipv4.policy == Policy::Require || second.ipv4.policy == Policy::Require;
    if (v4.opens() && !agrees) {
      takes_ipcp = reasons.empty() && v6.opens() && !v4_required;
      add_everywhere(Kind::AddressRefused, "an address");
      add_everywhere(Kind::OptionRefused, "a server's address");
    }
    if (!v4.opens() && !v6.opens()) add_everywhere(Kind::ProtocolRejected, "no common family");
    if (reasons.empty()) outcome = Outcome::Open;
  }
};

}  // namespace tunnel::ppp::test
