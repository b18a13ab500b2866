#include "tunneld/supervisor/notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace tunnel::supervisor {

ServiceManager::ServiceManager(boost::asio::io_context& context) : watchdog_{context} {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    // Twice within the interval, as sd_watchdog_enabled(3) advises.
    interval_ = std::chrono::microseconds{static_cast<std::int64_t>(microseconds / 2)};
    arm_watchdog();
  }
}

void ServiceManager::arm_watchdog() {
  watchdog_.expires_after(interval_);
  watchdog_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    well();
    arm_watchdog();
  });
}

void ServiceManager::ready() {
  sd_notify(0, "READY=1");
}

void ServiceManager::reloading() {
  sd_notify(0, "RELOADING=1");
}

void ServiceManager::stopping() {
  sd_notify(0, "STOPPING=1");
}

void ServiceManager::status(const std::string& text) {
  sd_notify(0, ("STATUS=" + text).c_str());
}

void ServiceManager::well() {
  if (interval_.count() > 0) sd_notify(0, "WATCHDOG=1");
}

void ServiceManager::keep(const std::string& name, int descriptor) {
  if (const auto found = kept_.find(name); found != kept_.end() && found->second == descriptor) {
    return;
  }
  let_go(name);
  kept_.emplace(name, descriptor);
  // A bridge that ends while we are away is to be heard all the same: it is not for the manager to
  // close its socket then (FDPOLL=0).
  const auto message = "FDSTORE=1\nFDPOLL=0\nFDNAME=" + name;
  sd_pid_notify_with_fds(0, 0, message.c_str(), &descriptor, 1);
}

void ServiceManager::let_go(const std::string& name) {
  if (kept_.erase(name) == 0) return;
  sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

void ServiceManager::let_go_of_all() {
  while (!kept_.empty()) let_go(std::string{kept_.begin()->first});
}

}  // namespace tunnel::supervisor
