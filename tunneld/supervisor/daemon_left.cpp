// What an earlier daemon has left to this one (left_behind.hpp): looked at, and then used or
// closed.

#include "pppd-bridge/tun/tun_device.hpp"
#include "tunneld/base/escape.hpp"
#include "tunneld/base/unix_socket.hpp"
#include "tunneld/supervisor/daemon.hpp"
#include "tunneld/supervisor/processes.hpp"

#include <fmt/format.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <utility>

namespace tunnel::supervisor {

namespace {

/// A line for each of a thousand sites.
constexpr std::size_t kMostWishes = 64 * 1024;

std::string text_of(const UniqueFd& file) {
  std::string text(kMostWishes, '\0');
  const auto count = ::pread(file.get(), text.data(), text.size(), 0);
  text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
  return count < 0 ? "unreadable" : text;
}

}  // namespace

void Daemon::refuse_left(const std::string& name, const std::string& why) {
  manager_.has(name, -1);  // whether we knew of it or not
  manager_.let_go(name);
  say(audit::Priority::Warning, fmt::format("a descriptor named \"{}\" that was left to this "
                                            "tunneld is closed: {}",
                                            escape_text(name), why));
}

UniqueFd Daemon::take_left(const std::string& name, const Check& check) {
  UniqueFd good;
  while (auto left = left_.take(name)) {
    const auto passed =
        good ? make_error(std::errc::file_exists, "there is another one of that name")
             : check(left);
    if (passed) {
      good = std::move(left);
    } else {
      refuse_left(name, passed.error().message());
    }
  }
  // With a refusal, the manager has let go of all of that name.
  if (good) manager_.keep(name, good.get());
  return good;
}

Result<UniqueFd> Daemon::listen_at(const std::string& name, SocketKind kind, mode_t mode) {
  const auto path = gateway_.runtime_dir / name;
  auto left =
      take_left(name, [&](const UniqueFd& fd) { return check_listening(fd.get(), path, kind); });
  if (left) {
    if (::chmod(path.c_str(), mode) < 0) return errno_error("chmod " + path.native());
    return left;
  }
  if (left_is_lost_) ::unlink(path.c_str());  // the manager listens there still
  auto made = listen_unix(path, kind, mode);
  if (made) manager_.keep(name, made->get());
  return made;
}

/// What the manager keeps cannot be told from what it does not.
void Daemon::forget_what_was_left(const std::vector<config::Site>& sites) {
  for (const auto* name :
       {"control.sock", "read.sock", "bridge.sock", "ticket.sock", kKeptWishes.data()}) {
    manager_.has(name, -1);
  }
  for (const auto& site : sites) {
    for (const auto what : {KeptOfSite::Device, KeptOfSite::Bridge}) {
      manager_.has(kept_name(what, site.name), -1);
    }
  }
  manager_.let_go_of_all();
}

/// A file that cannot be made costs the wishes, should there be a restart, and nothing now.
void Daemon::take_wishes() {
  const std::string name{kKeptWishes};
  wishes_file_ = take_left(name, [this](const UniqueFd& fd) -> Result<void> {
    auto read = read_wishes(text_of(fd));
    if (!read) return make_error(std::errc::invalid_argument, "it is no list of wishes");
    wishes_ = std::move(*read);
    return {};
  });
  if (!wishes_file_) {
    wishes_file_ = UniqueFd{::memfd_create(name.c_str(), MFD_CLOEXEC)};
    if (wishes_file_) manager_.keep(name, wishes_file_.get());
  }
  for (const auto& [site, wish] : wishes_) {
    if (auto* known = find(site); known != nullptr && wish == Wish::Withdrawn) {
      known->begin_withdrawn();
    }
  }
}

Wishes Daemon::present_wishes() const {
  Wishes wishes;
  for (const auto& [name, site] : sites_) {
    const auto successor = successors_.find(name);
    const bool replaced = successor != successors_.end();
    if (replaced && !successor->second.profile) continue;
    const auto& profile = replaced ? *successor->second.profile : site->profile();
    const bool wanted = replaced ? successor->second.begin == Begin::Now : site->machine().wanted();
    const bool usual = wanted == (profile.autostart == config::Autostart::Yes);
    const bool holds = profile.routes.on_down == config::OnDown::Hold;
    if (!wanted && holds && !replaced && !site->guarded()) {
      wishes.emplace(name, Wish::Withdrawn);
    } else if (!usual) {
      wishes.emplace(name, wanted ? Wish::Up : Wish::Down);
    }
  }
  return wishes;
}

/// In the same file, which the manager has already.
void Daemon::keep_wishes() {
  auto present = present_wishes();
  if (present == wishes_ || stopping_) return;
  wishes_ = std::move(present);
  const auto text = write_wishes(wishes_);
  const auto written = ::ftruncate(wishes_file_.get(), 0) == 0
                           ? ::pwrite(wishes_file_.get(), text.data(), text.size(), 0)
                           : -1;
  if (written != static_cast<ssize_t>(text.size())) {
    say(audit::Priority::Warning, errno_error("keep what is wanted over a restart").message());
  }
}

bool Daemon::wanted_up(const config::Site& profile) const {
  const auto wish = wishes_.find(profile.name);
  if (wish == wishes_.end()) return profile.autostart == config::Autostart::Yes;
  return wish->second == Wish::Up;
}

bool Daemon::take_device(Site& site) {
  const auto& profile = site.profile();
  auto left = take_left(kept_name(KeptOfSite::Device, profile.name), [&](const UniqueFd& fd) {
    const auto name = tun::device_name(fd);
    const bool good = name && *name == profile.ppp.interface;
    return good ? Result<void>{}
                : make_error(std::errc::invalid_argument,
                             "it is not the tun device " + profile.ppp.interface.str());
  });
  if (!left) return false;
  if (wanted_up(profile) && site.take_device(left)) return true;
  manager_.let_go(kept_name(KeptOfSite::Device, profile.name));
  return false;
}

/// The bridge believed that there was a tunneld all the time. What it has said meanwhile is read;
/// at the end of it, it is ready to be called.
void Daemon::take_bridge(const SiteName& name) {
  const auto kept = kept_name(KeptOfSite::Bridge, name);
  auto left = take_left(kept, [](const UniqueFd& fd) { return check_connected(fd.get()); });
  if (!left) return;
  manager_.let_go(kept);
  const auto channel = std::make_shared<BridgeChannel>(io_, std::move(left));
  channel->end_sending();
  channel->listen([this, name](const ipc::FromBridge& message,
                               const std::vector<UniqueFd>&) { overheard(name, message); },
                  [this, name](const std::string&) { overheard_.erase(name); });
  overheard_.insert_or_assign(name, channel);
}

void Daemon::overheard(const SiteName& name, const ipc::FromBridge& message) {
  if (auto* site = find(name)) site->overhear(message);
}

void Daemon::take_children() {
  while (auto left = left_.take(kKeptChild)) {
    if (!is_child(left)) {
      refuse_left(std::string{kKeptChild}, "it is no child of this process");
      continue;
    }
    const auto child = children_.emplace(children_.end(), io_, left.release());
    child->async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [this, child](const boost::system::error_code& error) {
                        if (error) return;
                        reap_child(UniqueFd{child->release()});
                        children_.erase(child);
                      });
  }
}

/// A device may still be wanted, if its site's bridge does not come forward.
void Daemon::refuse_what_is_left() {
  std::vector<LeftBehind::Each> waiting;
  for (auto& each : left_.take_all()) {
    const auto of = parse_kept_name(each.name);
    const bool awaited = of && find(of->site) != nullptr && adoptions_->awaits(of->site);
    if (awaited && of->what == KeptOfSite::Device) {
      waiting.push_back(std::move(each));
      continue;
    }
    if (of && of->what == KeptOfSite::Bridge && check_connected(each.descriptor.get())) {
      // Nobody can call it, so that it would go on for ever.
      const auto last = ipc::encode(ipc::ToBridge{ipc::Shutdown{"tunneld cannot call it"}});
      static_cast<void>(send_datagram(each.descriptor.get(), last));
    }
    refuse_left(each.name, "nobody has a use for it");
  }
  left_ = LeftBehind{std::move(waiting)};
}

}  // namespace tunnel::supervisor
