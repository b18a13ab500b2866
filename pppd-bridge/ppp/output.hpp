#pragma once

#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tunnel::ppp {

/// Who speaks in a log line.
enum class Layer : std::uint8_t { Lcp, Ipcp, Link };

/// "LCP", "IPCP", "Link": the word before the colon in ppp.log.
std::string_view layer_name(Layer layer) noexcept;

/// RFC 1661 §3.2. Authentication is a phase of its own once there is any.
enum class Phase : std::uint8_t { Dead, Establish, Network, Terminate };

std::string_view phase_name(Phase phase) noexcept;

/// Why a link ended.
struct DownReason {
  enum class Kind : std::uint8_t {
    Closed,            // by us, on request
    PeerClosed,        // Terminate-Request
    TransportLost,     // the connection below went away
    NoAnswer,          // Max-Configure requests without an answer
    NoEcho,            // the peer fell silent
    Loopback,          // we talk to ourselves
    NotConverging,     // endless Naks or Rejects
    AddressRefused,    // the two profiles do not agree on an address
    ProtocolRejected,  // the peer does not know a protocol or code that we cannot do without
  };
  /// Whether another attempt may go better without anybody changing a profile.
  enum class Permanence : std::uint8_t { Transient, Permanent };

  Kind kind = Kind::Closed;
  Permanence permanence = Permanence::Transient;
  std::string text;  // one line for an administrator; the peer's words in it are escaped
};

/// What both ends have agreed on when the network layer comes up.
struct Agreed {
  Ipv4Address local;
  Ipv4Address remote;
  Mru receive_mru;   // the longest packet that the peer may send us
  Mru transmit_mru;  // the longest packet that we may send
};

/// What a Link asks of the world. Implementations must not call back into it.
class LinkOutput {
 public:
  /// One control packet, to be framed in `format` and sent before any data that waits.
  virtual void send(const TransmitFormat& format, Protocol protocol, Bytes packet) = 0;
  /// IPv4 packets may cross from now on, in Link::transmit_format().
  virtual void network_up(const Agreed& agreed) = 0;
  virtual void network_down() = 0;
  virtual void phase_changed(Phase phase) = 0;
  /// The link has ended; nothing more is sent until the next transport_up(). Called once for each.
  virtual void finished(const DownReason& reason) = 0;
  /// What the decoder must take from the next frame on.
  virtual void set_receive_format(const ReceiveFormat& format) = 0;
  /// A line for ppp.log, in the manner of FreeBSD's ppp, without the layer's name; what the peer
  /// wrote is escaped in it.
  virtual void log(Layer layer, std::string text) = 0;

 protected:
  ~LinkOutput() = default;
};

}  // namespace tunnel::ppp
