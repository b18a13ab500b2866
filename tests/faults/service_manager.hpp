#pragma once

#include "tests/faults/numbered_stream.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sites.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace tunnel::test {

/// What systemd does for a service with Type=notify and WatchdogSec= (systemd.service(5)), for the
/// tunneld of one gateway.
class ServiceManager {
 public:
  /// `descriptors`: LimitNOFILE=; 0 leaves it as it is.
  ServiceManager(const World& world, std::string gateway, Limit watchdog,
                 std::size_t descriptors = 0);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  /// Starts it, and waits for READY=1.
  void start();

  void signal(int number) const { tunneld_->signal(number); }

  /// Takes WATCHDOG=1 after WATCHDOG=1, until one is missing. Then it ends tunneld: SIGABRT, and
  /// SIGCONT, so that one that stands still can obey. Throws if tunneld goes on for a minute.
  void wait_for_the_watchdog();

  /// As RestartSec= does.
  void restart_after(Limit pause, NumberedStream& clock);

 private:
  /// The next message; nothing: none came in time.
  std::optional<std::string> receive(Limit limit) const;

  const World& world_;
  std::string gateway_;
  Limit watchdog_;
  std::size_t descriptors_;
  std::filesystem::path folder_;
  UniqueFd socket_;
  std::optional<Process> tunneld_;
};

}  // namespace tunnel::test
