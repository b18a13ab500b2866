#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/supervisor/bridge_sockets.hpp"
#include "tunneld/supervisor/site.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace tunnel::supervisor {

/// Finds the bridges of an earlier tunneld again. Each listens on the socket that it was given for
/// its site; who is called there has a few seconds to say what link it has.
class Adoptions {
 public:
  /// A bridge has come forward; the name is that of the socket which it was given.
  using OnOffered =
      std::function<void(const SiteName&, Caller, const ipc::Adopt&, std::vector<UniqueFd>)>;
  /// A bridge is there and does not come forward, or in a way that nobody understands. It has been
  /// killed.
  using OnLost = std::function<void(const SiteName&)>;

  Adoptions(boost::asio::io_context& context, const BridgeSockets& sockets, uid_t bridge_user,
            OnOffered on_offered, OnLost on_lost);

  /// Calls the bridge of a site. False: there is none, and nothing will come of it.
  bool call(const SiteName& site);

  bool awaits(const SiteName& site) const { return called_.contains(site); }

 private:
  struct Called {
    std::shared_ptr<BridgeChannel> channel;
    std::unique_ptr<boost::asio::steady_timer> patience;
    pid_t pid = 0;
    UniqueFd handle;
  };

  void answered(const SiteName& site, const ipc::FromBridge& first,
                std::vector<UniqueFd> descriptors);
  void lose(const SiteName& site);

  boost::asio::io_context& context_;
  const BridgeSockets& sockets_;
  uid_t bridge_user_;
  OnOffered on_offered_;
  OnLost on_lost_;
  std::map<SiteName, Called> called_;
};

}  // namespace tunnel::supervisor
