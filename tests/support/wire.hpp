#pragma once

#include "tests/support/sites.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::test {

/// A frame that was seen on a wire: the beginning of it, which has all the addresses.
struct Frame {
  std::vector<std::uint8_t> bytes{};
  bool outgoing = false;  // sent by the node that the capture is on
};

/// Everything on one interface of a node, or on all of them, those that come later too.
class Capture {
 public:
  static constexpr const char* kAllInterfaces = "";

  Capture(const World& world, const std::string& node, const std::string& interface);

  /// What was seen since it was made, or asked last. Throws if the kernel had to drop some, as the
  /// absence of a frame would prove nothing then.
  std::vector<Frame> take();

  /// Readable when there is something to take.
  int fd() const noexcept { return socket_.get(); }

 private:
  UniqueFd socket_;
};

/// The source or destination of the frame, IPv4 or ARP, is in one of the networks; what is inside
/// an encrypted packet cannot be seen.
bool concerns(const Frame& frame, const std::vector<Prefix>& networks);

/// "IPv4 192.168.1.215 -> 192.168.253.1 protocol 6", for messages.
std::string describe(const Frame& frame);

/// Of both sites, and the tunnel's own addresses.
std::vector<Prefix> tunnelled_networks();

/// Descriptions of those frames that concern the tunnelled networks: of an uplink, the leaks.
std::vector<std::string> tunnelled(const std::vector<Frame>& frames);

}  // namespace tunnel::test
