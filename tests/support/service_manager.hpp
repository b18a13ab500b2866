#pragma once

#include "tests/support/numbered_stream.hpp"
#include "tests/support/process.hpp"
#include "tests/support/sites.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tunnel::test {

/// What systemd does for a service with Type=notify, WatchdogSec= and FileDescriptorStoreMax=
/// (systemd.service(5), sd_notify(3)), for the tunneld of one gateway.
class ServiceManager {
 public:
  /// `descriptors`: LimitNOFILE=; 0 leaves it as it is.
  ServiceManager(const World& world, std::string gateway, Limit watchdog,
                 std::size_t descriptors = 0);
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  /// Starts it, with the descriptors that it keeps, and waits for READY=1.
  void start();

  void signal(int number) const { tunneld_->signal(number); }

  /// Signals it, and waits until it has ended; as Finished has its status.
  int end(int number);

  pid_t pid() const { return tunneld_->pid(); }

  /// Takes WATCHDOG=1 after WATCHDOG=1, until one is missing. Then it ends tunneld: SIGABRT, and
  /// SIGCONT, so that one that stands still can obey. Throws if tunneld goes on for a minute.
  void wait_for_the_watchdog();

  /// As RestartSec= does.
  void restart_after(Limit pause, NumberedStream& clock);

  /// A descriptor of its store.
  struct Kept {
    std::string name;
    UniqueFd descriptor;
  };

  /// The names of what it keeps, sorted.
  std::vector<std::string> kept();
  /// Waits until it keeps just this; the names are sorted.
  void wait_until_kept(const std::vector<std::string>& names);
  /// Puts something into the store, as nobody but tunneld could.
  void plant(std::string name, UniqueFd descriptor);

  /// What LISTEN_FDS and LISTEN_FDNAMES say at the next start in place of the truth.
  void lie(std::string count, std::string names);

  /// Waits until tunneld has sent this assignment ("READY=1"), since it was started, for the
  /// `count`-th time.
  void wait_for_message(std::string_view assignment, std::size_t count = 1);

 private:
  void work();
  void receive();
  void take(std::string_view message, std::vector<UniqueFd> descriptors);
  void wait(const std::function<bool()>& ready, std::string_view what);
  std::vector<std::string> names() const;
  std::vector<std::string> command() const;
  std::filesystem::path log() const;
  std::string last_words() const;

  const World& world_;
  std::string gateway_;
  Limit watchdog_;
  std::size_t descriptors_;
  std::filesystem::path folder_;
  UniqueFd socket_;
  UniqueFd stop_;
  std::optional<Process> tunneld_;
  std::optional<std::pair<std::string, std::string>> lie_;
  std::mutex mutex_;  // all below, but for the thread
  std::condition_variable progress_;
  std::vector<std::string> assignments_;  // since the start
  std::chrono::steady_clock::time_point well_{};
  std::vector<Kept> store_;
  std::jthread thread_;
};

/// The signal by which the unit in rc/ has tunneld restarted (RestartKillSignal=).
int restart_signal();

}  // namespace tunnel::test
