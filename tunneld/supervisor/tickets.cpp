#include "tunneld/supervisor/tickets.hpp"

#include "tunneld/base/check.hpp"
#include "tunneld/ipc/ticket.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tunnel::supervisor {

Tickets::Tickets(FillRandom fill_random, Runs runs, Limits limits)
    : fill_random_{std::move(fill_random)}, runs_{std::move(runs)}, limits_{limits} {
  TUNNEL_CHECK(limits.per_site > 0 && limits.in_all > 0);
}

std::size_t Tickets::count(const SiteName& site) const {
  return static_cast<std::size_t>(
      std::count_if(tickets_.begin(), tickets_.end(),
                    [&](const Ticket& ticket) { return ticket.holder.site == site; }));
}

void Tickets::drop_those_of_ended_sessions(const SiteName* site) {
  std::erase_if(tickets_, [&](const Ticket& ticket) {
    return (site == nullptr || ticket.holder.site == *site) && !runs_(ticket.holder.session);
  });
}

void Tickets::drop_oldest(const SiteName& site) {
  const auto oldest = std::find_if(tickets_.begin(), tickets_.end(), [&](const Ticket& ticket) {
    return ticket.holder.site == site;
  });
  if (oldest != tickets_.end()) tickets_.erase(oldest);
}

const SiteName& Tickets::busiest() const {
  std::map<SiteName, std::size_t> counts;
  for (const auto& ticket : tickets_) ++counts[ticket.holder.site];
  const auto most =
      std::max_element(tickets_.begin(), tickets_.end(), [&](const Ticket& a, const Ticket& b) {
        return counts[a.holder.site] < counts[b.holder.site];
      });
  TUNNEL_CHECK(most != tickets_.end());
  return most->holder.site;
}

/// Whoever floods one site's keys costs that site first.
void Tickets::make_room(const SiteName& site) {
  if (count(site) >= limits_.per_site) drop_those_of_ended_sessions(&site);
  if (count(site) >= limits_.per_site) drop_oldest(site);
  if (tickets_.size() >= limits_.in_all) drop_those_of_ended_sessions(nullptr);
  if (tickets_.size() >= limits_.in_all) {
    const auto crowded = busiest();
    drop_oldest(crowded);
  }
}

std::vector<std::uint8_t> Tickets::issue(Holder holder, TimePoint now) {
  std::erase_if(tickets_, [&](const Ticket& ticket) {
    return ticket.expires <= now ||
           (ticket.holder.session == holder.session && ticket.holder.site == holder.site);
  });
  make_room(holder.site);
  std::vector<std::uint8_t> octets(ipc::kTicketOctets);
  fill_random_(octets);
  tickets_.push_back({std::move(holder), Secret{octets}, now + kLifetime});
  return octets;
}

Tickets::Verdict Tickets::judge(const Ticket& ticket, const Claimant& claimant, TimePoint now) {
  const auto& [site, key, session] = ticket.holder;
  if (ticket.expires <= now) return Verdict::Expired;
  if (site != claimant.site) return Verdict::OtherSite;
  if (key != claimant.key) return Verdict::OtherKey;
  const auto& line = claimant.ancestry;
  // Not the session itself, but what it has started.
  const auto from = line.empty() ? line.begin() : line.begin() + 1;
  return std::find(from, line.end(), session) == line.end() ? Verdict::OtherSession
                                                            : Verdict::Granted;
}

Tickets::Verdict Tickets::redeem(const Claimant& claimant, TimePoint now) {
  if (claimant.ticket.empty()) return Verdict::Missing;
  auto found = tickets_.end();
  for (auto at = tickets_.begin(); at != tickets_.end(); ++at) {
    if (constant_time_equal(at->octets.reveal(), claimant.ticket)) found = at;
  }
  if (found == tickets_.end()) return Verdict::Unknown;
  const auto verdict = judge(*found, claimant, now);
  if (verdict == Verdict::Expired) tickets_.erase(found);
  if (verdict == Verdict::Granted) {
    std::erase_if(tickets_, [session = found->holder.session](const Ticket& ticket) {
      return ticket.holder.session == session;
    });
  }
  return verdict;
}

std::string_view sentence(Tickets::Verdict verdict) noexcept {
  switch (verdict) {
    case Tickets::Verdict::Granted:
      return {};
    case Tickets::Verdict::Missing:
      return "this session has no ticket of tunneld's: sshd must get the key's line from "
             "`tunnelctl key authorized-keys` while tunneld runs, or the site's profile there must "
             "say ticket = \"none\"";
    case Tickets::Verdict::Unknown:
      return "the ticket of this session was used before, or is none of this tunneld's";
    case Tickets::Verdict::Expired:
      return "the ticket of this session has expired";
    case Tickets::Verdict::OtherSite:
      return "the ticket of this session is for another site";
    case Tickets::Verdict::OtherKey:
      return "the ticket of this session is for another key";
    case Tickets::Verdict::OtherSession:
      return "this ticket was given to another SSH session";
  }
  return {};
}

}  // namespace tunnel::supervisor
