#pragma once

#include "routes/kernel.hpp"
#include "routes/model.hpp"
#include "routes/reconcile.hpp"
#include "routes/repair_brake.hpp"
#include "tunneld/audit/audit.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What one site wants of the kernel at the moment.
struct SiteNetwork {
  std::optional<routes::WantedInterface> interface;  // while its tun device exists
  std::vector<Prefix> guarded;                       // refused where no better route exists
};

/// Keeps the kernel's links, addresses and routes as all sites together want them: at every change
/// of theirs, when the kernel says that somebody touched something, and every half minute.
class Network {
 public:
  /// Called with the interface whose tun device is gone although its site wants it.
  using OnMissing = std::function<void(const InterfaceName&)>;
  /// Called when this gateway has other addresses outside the tunnels than before.
  using OnPathChanged = std::function<void()>;

  /// Called with what the kernel has, before anything is changed for the sites. After an error
  /// nothing but guards is made, and set() fails.
  using OnLook = std::function<Result<void>(const routes::Wanted&, const routes::Actual&)>;

  static Result<std::unique_ptr<Network>> open(boost::asio::io_context& context,
                                               routes::Forwarding forwarding, audit::Audit& audit);

  void on_missing(OnMissing handler) { on_missing_ = std::move(handler); }

  void on_path_changed(OnPathChanged handler) { on_path_changed_ = std::move(handler); }

  void on_look(OnLook handler) { on_look_ = std::move(handler); }

  /// What this site wants from now on, put in place before it returns. What failed is in the log;
  /// the error is the first failure that concerns this site's interface or a guard, or
  /// address_in_use with a sentence where somebody else holds its interface or its addresses.
  Result<void> set(const SiteName& site, SiteNetwork wanted);

  /// The site wants nothing any more.
  void remove(const SiteName& site);

  /// As set() for many sites at once: one pass over the kernel.
  void set_all(std::map<SiteName, SiteNetwork> wanted);

  /// Looks for what others have changed or mended, now and not at the next audit; also for what
  /// somebody has undone again and again.
  void look_again();

  /// The MTU of this interface if the kernel has it already, and it is ours by its alias: an
  /// earlier daemon's, held by a bridge that lives on.
  std::optional<Mtu> left_behind(const InterfaceName& interface, const SiteName& site);

  /// Removes such an interface, whose bridge did not come forward.
  void remove_left_behind(const InterfaceName& interface);

  /// Sentences about what is in the way of what is wanted.
  const std::vector<std::string>& conflicts() const noexcept { return conflicts_; }

  /// Those of these names that are interfaces of somebody else's.
  Result<std::vector<InterfaceName>> taken(std::vector<InterfaceName> names) const;

  const std::map<SiteName, SiteNetwork>& wanted() const noexcept { return wanted_; }

 private:
  Network(boost::asio::io_context& context, routes::Kernel kernel, routes::Forwarding forwarding,
          audit::Audit& audit);

  enum class Cause : std::uint8_t { OurOwn, Noticed };

  routes::Wanted everything() const;
  Result<routes::Outcome> reconcile(Cause cause);
  void look_outside(const routes::Outcome& outcome);
  void report_new(const std::vector<std::string>& found, const std::string& prefix,
                  std::vector<std::string>& known);
  void say(audit::Priority priority, std::string text);
  void watch();
  void noticed();
  void arm_audit();

  boost::asio::posix::stream_descriptor notifications_;
  boost::asio::steady_timer debounce_;
  boost::asio::steady_timer audit_timer_;
  routes::Kernel kernel_;
  routes::Forwarding forwarding_;
  audit::Audit& audit_;
  OnMissing on_missing_;
  OnPathChanged on_path_changed_;
  OnLook on_look_;
  routes::RepairBrake brake_;
  std::optional<std::vector<routes::Address>> outside_;  // nothing: not looked at yet
  std::map<SiteName, SiteNetwork> wanted_;
  std::vector<std::string> conflicts_;
  std::vector<std::string> failures_;
  bool debouncing_ = false;
};

}  // namespace tunnel::supervisor
