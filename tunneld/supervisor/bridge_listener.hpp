#pragma once

#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/supervisor/acceptor.hpp"
#include "tunneld/supervisor/bridge_channel.hpp"
#include "tunneld/supervisor/site.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace tunnel::supervisor {

/// bridge.sock: where the bridges come that sshd has started. Only the bridges' account is let in
/// (SO_PEERCRED); each has a few seconds to say for which site it comes.
class BridgeListener {
 public:
  /// The first message of a caller that is who it should be.
  using OnCaller =
      std::function<void(Caller, ipc::FromBridge first, std::vector<UniqueFd> descriptors)>;

  BridgeListener(boost::asio::io_context& context, UniqueFd listening, uid_t bridge_user,
                 OnCaller on_caller);

 private:
  struct Waiting {
    std::shared_ptr<BridgeChannel> channel;
    std::unique_ptr<boost::asio::steady_timer> patience;
    UniqueFd handle;
  };

  void admit(UniqueFd socket);
  void forget(BridgeChannel* channel);

  boost::asio::io_context& context_;
  uid_t bridge_user_;
  OnCaller on_caller_;
  std::map<BridgeChannel*, Waiting> waiting_;
  Acceptor acceptor_;
};

}  // namespace tunnel::supervisor
