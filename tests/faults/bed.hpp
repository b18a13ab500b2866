#pragma once

#include "tests/faults/leak_watch.hpp"
#include "tests/faults/remains.hpp"
#include "tests/support/numbered_stream.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/tcp_stream.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tunnel::test {

/// The reference sites at work, with datagrams and a TCP connection through the tunnel all the
/// time, and a capture of all that leaves the gateways by their uplinks.
class Bed {
 public:
  using Prepare = std::function<void(const World&)>;

  /// `prepare` is called before anything is started.
  explicit Bed(SshClient client = SshClient::Libssh2, const Prepare& prepare = {});

  const World& world() const noexcept { return world_; }

  NumberedStream& packets() noexcept { return packets_; }

  Conversation& connection() noexcept { return connection_; }

  /// Waits until the link has lasted for so long that the first pause after its end is the
  /// shortest one (docs/architecture.md, "Life of a tunnel").
  void let_it_last();

  /// Waits until both ends are up and both kinds of traffic go through.
  void settle(Limit limit = kPatience);

  /// Packets of the tunnelled networks that were seen outside in the clear since this was asked
  /// last.
  std::vector<std::string> leaks() { return uplinks_.take(); }

 private:
  /// The world must be up before there can be traffic.
  static const World& started(const World& world, const Prepare& prepare);

  World world_;
  LeakWatch uplinks_;
  NumberedStream packets_;
  Conversation connection_;
};

}  // namespace tunnel::test
