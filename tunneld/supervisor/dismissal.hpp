#pragma once

#include "tunneld/base/unique_fd.hpp"
#include "tunneld/supervisor/bridge_channel.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>
#include <string>

namespace tunnel::supervisor {

/// Sends bridges of an earlier tunneld away that are nobody's any more. Each is told why, and has a
/// few seconds to close its link in good order; it has the tun device, so its word that it goes is
/// not enough: it is killed then, or when this object goes.
class Dismissals {
 public:
  explicit Dismissals(boost::asio::io_context& context) : context_{context} {}

  Dismissals(const Dismissals&) = delete;
  Dismissals& operator=(const Dismissals&) = delete;

  ~Dismissals() { kill_all(); }

  /// `handle`: a pidfd of the bridge; it may be missing.
  void dismiss(BridgeChannel& channel, UniqueFd handle, const std::string& reason);

  /// Now: there will be nobody to do it later.
  void kill_all();

 private:
  struct Dismissed {
    UniqueFd handle;
    std::unique_ptr<boost::asio::steady_timer> patience;
  };

  boost::asio::io_context& context_;
  std::list<Dismissed> dismissed_;
};

}  // namespace tunnel::supervisor
