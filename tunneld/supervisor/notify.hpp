#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <map>
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
  /// We are well, whatever keeps us from saying so for a while.
  void well();

  /// This descriptor is to outlive us, under this name, in place of what was kept under it before:
  /// in the manager's store (FileDescriptorStoreMax=) and, if this process executes another
  /// program, there. It stays the caller's, who lets go of it before it is closed.
  void keep(const std::string& name, int descriptor);
  /// Nothing is to be kept under this name.
  void let_go(const std::string& name);
  void let_go_of_all();

  /// Taken over from an earlier tunneld: the manager has it, and goes on to have it.
  void has(const std::string& name, int descriptor) { kept_.insert_or_assign(name, descriptor); }

  /// What is kept now.
  const std::map<std::string, int>& kept() const noexcept { return kept_; }

 private:
  void arm_watchdog();

  boost::asio::steady_timer watchdog_;
  std::chrono::microseconds interval_{0};  // zero: no watchdog is wanted
  std::map<std::string, int> kept_;
};

}  // namespace tunnel::supervisor
