#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace tunnel::supervisor {

/// The service manager, by sd_notify(3): nothing happens where there is none.
class ServiceManager {
 public:
  explicit ServiceManager(boost::asio::io_context& context);

  void ready();
  void reloading();
  void stopping();
  /// The line that `systemctl status` shows.
  void status(const std::string& text);

 private:
  void arm_watchdog();

  boost::asio::steady_timer watchdog_;
  std::chrono::microseconds interval_{0};  // zero: no watchdog is wanted
};

}  // namespace tunnel::supervisor
