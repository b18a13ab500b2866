#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/time.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::supervisor {

/// What lets one SSH session claim one site, once.
///
/// sshd runs `tunnelctl key authorized-keys` for every key that is offered, by whomsoever: also by
/// strangers who know a public key, and twice for one login (when the client asks whether the key
/// would do, and when it signs). Each time it gets a ticket here, which goes into the forced
/// command of that key's line. A ticket is
///
///  - secret: only sshd knows the line, and only of the key that has proved itself does it run the
///    command. What is run can be read by all of the same account, in /proc; so it is also
///  - its session's: the process that asked is a child of the sshd process of one connection, which
///    root owns, and which will be an ancestor of the bridge. Whoever claims must descend from the
///    same process. Nobody can choose his ancestors.
///  - used once: with it go all others of its session, so that no session ever has two sites.
///
/// There are few, so that everything is a walk over all of them. A stranger cannot crowd out a
/// login that is under way: a session has one ticket for a site, those of sessions that are gone
/// are dropped first, and sshd's MaxStartups bounds how many there are of those who have not
/// proved themselves, far below our own bound.
class Tickets {
 public:
  static constexpr std::chrono::seconds kLifetime{120};  // sshd's LoginGraceTime

  /// For whom a ticket is.
  struct Holder {
    SiteName site;
    std::string key;  // the fingerprint, as far as sshd told it
    ProcessMark session;
    bool operator==(const Holder&) const = default;
  };

  struct Limits {
    std::size_t per_site = 1024;
    std::size_t in_all = 8192;
  };

  using FillRandom = std::function<void(MutableBytes)>;
  using Runs = std::function<bool(const ProcessMark&)>;

  Tickets(FillRandom fill_random, Runs runs, Limits limits);

  /// A new ticket. An earlier one of the same session for the same site is void.
  std::vector<std::uint8_t> issue(Holder holder, TimePoint now);

  /// A claim, with the claimant's ancestry(), itself among them.
  struct Claimant {
    const SiteName& site;
    std::string_view key;
    Bytes ticket;
    std::span<const ProcessMark> ancestry;
  };

  enum class Verdict : std::uint8_t {
    Granted,
    Missing,  // it has none
    Unknown,  // used before, or never given
    Expired,
    OtherSite,
    OtherKey,
    OtherSession,
  };

  /// The first right claim uses the ticket up; a wrong one does not, or whoever saw it could make
  /// it useless.
  Verdict redeem(const Claimant& claimant, TimePoint now);

  std::size_t size() const noexcept { return tickets_.size(); }

 private:
  struct Ticket {
    Holder holder;
    Secret octets;
    TimePoint expires;
  };

  static Verdict judge(const Ticket& ticket, const Claimant& claimant, TimePoint now);
  std::size_t count(const SiteName& site) const;
  void drop_those_of_ended_sessions(const SiteName* site);
  void drop_oldest(const SiteName& site);
  const SiteName& busiest() const;
  void make_room(const SiteName& site);

  FillRandom fill_random_;
  Runs runs_;
  Limits limits_;
  std::deque<Ticket> tickets_;  // oldest first
};

/// Why a claim is not granted, for the peer's administrator and ours. Of Granted: nothing.
std::string_view sentence(Tickets::Verdict verdict) noexcept;

}  // namespace tunnel::supervisor
