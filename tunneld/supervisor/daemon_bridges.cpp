// The bridges that come to the daemon: those of sshd, which claim a site with a ticket, and those
// of an earlier daemon, which are called.

#include "tunneld/base/escape.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/clock.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <utility>
#include <variant>

namespace tunnel::supervisor {

Result<void> Daemon::open_bridge_sockets(uid_t bridge_user) {
  const auto& folder = gateway_.runtime_dir;
  // Open to all, as connecting is writing; who comes is checked by SO_PEERCRED.
  auto bridges = listen_at("bridge.sock", SocketKind::SeqPacket, 0666);
  if (!bridges) return bridges.error();
  auto tickets = listen_at("ticket.sock", SocketKind::SeqPacket, 0600);
  if (!tickets) return tickets.error();
  auto sockets = BridgeSockets::open(folder / "bridges");
  if (!sockets) return sockets.error();
  bridge_sockets_ = std::move(*sockets);
  site_context_.bridge_sockets = &*bridge_sockets_;
  bridges_ = std::make_unique<BridgeListener>(
      io_, std::move(*bridges), bridge_user,
      [this](Caller who, ipc::FromBridge first, std::vector<UniqueFd>) {
        caller(std::move(who), std::move(first));
      });
  ticket_office_ = std::make_unique<TicketOffice>(
      io_, std::move(*tickets), ::geteuid(),
      [this](pid_t who, const ipc::TicketWanted& wanted) { return ticket_wanted(who, wanted); });
  adoptions_ = std::make_unique<Adoptions>(
      io_, *bridge_sockets_, bridge_user,
      [this](const SiteName& socket, Caller who, const ipc::Adopt& adopt,
             std::vector<UniqueFd> descriptors) {
        adopted(socket, std::move(who), adopt, std::move(descriptors));
      },
      [this](const SiteName& name) { give_up_adoption(name); });
  return {};
}

/// A bridge of a site that is there no more is called too: to be told so.
void Daemon::call_bridges_of_earlier() {
  for (const auto& name : bridge_sockets_->sites()) {
    const bool there = adoptions_->call(name);
    take_bridge(name);
    if (!there || find(name) == nullptr) bridge_sockets_->remove(name);
  }
}

void Daemon::start_sites() {
  call_bridges_of_earlier();
  std::map<SiteName, SiteNetwork> wanted;
  std::vector<Site*> abandoned;
  for (const auto& [name, site] : sites_) {
    const auto left = network_->left_behind(site->profile().ppp.interface, name);
    const bool alone = left && !adoptions_->awaits(name);
    const bool taken = alone && take_device(*site);
    if (alone && !taken) abandoned.push_back(site.get());
    wanted.emplace(name, left && !taken
                             ? site->network_left_behind(*left)
                             : site->network(taken ? Site::Device::Present : Site::Device::Absent));
  }
  network_->set_all(std::move(wanted));
  for (auto* site : abandoned) abandon_device(*site);
  // Of an earlier daemon's links, only those whose bridge is there can still be up.
  for (const auto& [name, lease] : std::map{leases_.table().leases()}) {
    if (!adoptions_->awaits(name)) release_lease(name);
  }
  for (const auto& [name, site] : sites_) {
    if (!wanted_up(site->profile())) continue;
    if (adoptions_->awaits(name)) {
      site->await_adoption();
    } else {
      site->start();
    }
  }
}

/// Of an earlier daemon, and of nobody any more. The site's guards are in place.
void Daemon::abandon_device(const Site& site) {
  const auto& name = site.profile().name;
  const auto& interface = site.profile().ppp.interface;
  say(audit::Priority::Warning,
      fmt::format("tunnel={} no bridge came forward for {}: it is made anew", name.str(),
                  interface.str()));
  network_->remove_left_behind(interface);
  static_cast<void>(network_->set(name, site.network(Site::Device::Absent)));
}

void Daemon::give_up_adoption(const SiteName& name) {
  auto* site = find(name);
  if (site == nullptr) return;
  release_lease(name);
  if (take_device(*site)) {
    static_cast<void>(network_->set(name, site->network(Site::Device::Present)));
  } else {
    abandon_device(*site);
  }
  bridge_sockets_->remove(name);
  if (wanted_up(site->profile()) && !stopping_) site->start();
}

void Daemon::caller(Caller who, ipc::FromBridge first) {
  if (auto* claim = std::get_if<ipc::Claim>(&first)) {
    claimed(std::move(who), *claim);
    return wipe(claim->ticket);
  }
  tell_refusal(claim_refusals_, {}, fmt::format("bridge {} came without saying for whom", who.pid));
  who.channel->close();
}

ipc::TicketAnswer Daemon::ticket_wanted(pid_t who, const ipc::TicketWanted& wanted) {
  const auto none = [](std::string why) { return ipc::TicketAnswer{{}, std::move(why)}; };
  if (wanted.version != ipc::kVersion) {
    return none("this tunnelctl and the running tunneld are of different versions");
  }
  if (!wanted.site) {
    tell_refusal(key_refusals_, {},
                 fmt::format("key {} was offered for {}; no site has it", escape_text(wanted.key),
                             gateway_.bridge_user));
    return none("no site has this key");
  }
  const auto* site = find(*wanted.site);
  if (site == nullptr) return none("the running tunneld has no such site: tunnelctl reload");
  const auto asker = read_process(who);
  const auto session = asker ? read_process(asker->parent) : std::nullopt;
  // Of init, everybody is a descendant; and sshd is root.
  if (!session || session->mark.pid <= 1 || user_of(session->mark.pid) != uid_t{0}) {
    return none(
        "it was not sshd that asked for it, or /proc does not show its processes (hidepid)");
  }
  return {tickets_.issue({*wanted.site, wanted.key, session->mark}, steady_now()), {}};
}

std::string Daemon::ticket_refusal(const Caller& who, const ipc::Claim& claim, const Site& site) {
  const auto* answer = site.profile().answer();
  if (answer == nullptr || answer->ticket == config::Ticket::None) return {};
  auto line = ancestry(who.pid);
  if (!runs(who.handle)) line.clear();  // what was read is of another process, perhaps
  return std::string{
      sentence(tickets_.redeem({claim.site, claim.key, claim.ticket, line}, steady_now()))};
}

std::string Daemon::claim_refusal(const Caller& who, const ipc::Claim& claim) {
  if (claim.version != ipc::kVersion) {
    return "this pppd-bridge and the running tunneld are of different versions: restart tunneld";
  }
  const auto* site = find(claim.site);
  if (site == nullptr) {
    return fmt::format("there is no site {} on this gateway ({})", claim.site.str(), gateway_.name);
  }
  if (auto refusal = ticket_refusal(who, claim, *site); !refusal.empty()) return refusal;
  if (!adoptions_->awaits(claim.site)) return {};
  return fmt::format(
      "tunneld has just started, and waits for an earlier link of site {}: try again",
      claim.site.str());
}

void Daemon::claimed(Caller who, const ipc::Claim& claim) {
  const auto reason = claim_refusal(who, claim);
  if (reason.empty()) return find(claim.site)->claim(std::move(who), claim);
  tell_refusal(
      claim_refusals_, claim.site.str(),
      fmt::format("refused from {} with key {} (process {}): {}", escape_text(claim.peer),
                  claim.key.empty() ? "(not told)" : escape_text(claim.key), who.pid, reason));
  who.channel->send(ipc::Refused{reason});
  who.channel->close();
}

void Daemon::adopted(const SiteName& socket, Caller who, const ipc::Adopt& adopt,
                     std::vector<UniqueFd> descriptors) {
  // The same device as the bridge's: of no use, whether it stays or has it in its hand and goes.
  const auto kept = kept_name(KeptOfSite::Device, socket);
  const auto left = left_.take(kept);
  auto* site = adopt.version == ipc::kVersion && adopt.site == socket ? find(socket) : nullptr;
  if (site == nullptr || stopping_ || descriptors.size() != 1) {
    dismissals_.dismiss(*who.channel, std::move(who.handle),
                        "the restarted tunneld has no such site");
    manager_.let_go(kept);
    return give_up_adoption(socket);
  }
  site->adopt(std::move(who), adopt, std::move(descriptors.front()));
  if (site->machine().state() != State::Down) return;
  manager_.let_go(kept);
  release_lease(socket);  // it was not adopted after all
  if (wanted_up(site->profile())) site->start();
}

}  // namespace tunnel::supervisor
