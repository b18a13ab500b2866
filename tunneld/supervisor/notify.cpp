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
    sd_notify(0, "WATCHDOG=1");
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

}  // namespace tunnel::supervisor
