#pragma once

#include "pppd-bridge/ppp/auth_dialogue.hpp"
#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/interface_id.hpp"
#include "tunneld/base/ppp_terms.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ppp {

/// Who speaks in a log line.
enum class Layer : std::uint8_t { Lcp, Auth, Ipcp, Ipv6cp, Ccp, Link };

/// "LCP", "Auth", "IPCP", "Link": the word before the colon in ppp.log.
std::string_view layer_name(Layer layer) noexcept;

/// RFC 1661 §3.2.
enum class Phase : std::uint8_t { Dead, Establish, Authenticate, Network, Terminate };

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
    OptionRefused,     // the peer refuses an option that the profile requires
    AuthRefused,       // no method of authentication that both ends take
    AuthFailed,        // one end has not proved itself
    Flood,             // requests beyond all measure
    ProtocolRejected,  // the peer does not know a protocol or code that we cannot do without
  };
  /// Whether another attempt may go better without anybody changing a profile; Abusive: the peer is
  /// not even to be listened to for a while.
  enum class Permanence : std::uint8_t { Transient, Permanent, Abusive };

  Kind kind = Kind::Closed;
  Permanence permanence = Permanence::Transient;
  std::string text;  // one line for an administrator; the peer's words in it are escaped
};

/// What IPCP has agreed on.
struct AgreedIpv4 {
  Ipv4Address local;
  Ipv4Address remote;
  std::vector<Ipv4Address> dns;   // the peer's, where we asked (RFC 1877 §1)
  std::vector<Ipv4Address> nbns;  // likewise
  bool operator==(const AgreedIpv4&) const = default;
};

/// What IPV6CP has agreed on.
struct AgreedIpv6 {
  InterfaceId local;
  InterfaceId remote;
  bool operator==(const AgreedIpv6&) const = default;
};

/// What both ends have agreed on while the network layer is up: at least one of the families.
struct Agreed {
  std::optional<AgreedIpv4> ipv4;
  std::optional<AgreedIpv6> ipv6;
  Mru receive_mru;   // the longest packet that the peer may send us
  Mru transmit_mru;  // the longest packet that we may send
  Compression receive_compression = Compression::None;
  Compression transmit_compression = Compression::None;
  bool operator==(const Agreed&) const = default;
};

/// What a Link asks of the world. Implementations must not call back into it.
class LinkOutput {
 public:
  /// One control packet, to be framed in `format` and sent before any data that waits.
  virtual void send(const TransmitFormat& format, Protocol protocol, Bytes packet) = 0;
  /// Packets of the families in `agreed` may cross from now on, in Link::transmit_format(). Comes
  /// again when another family comes up, or one of two goes down, and likewise with compression.
  virtual void network_up(const Agreed& agreed) = 0;
  /// None may any more.
  virtual void network_down() = 0;
  /// To be answered by Link::answer(), with the serial.
  virtual void ask(AuthSerial serial, AuthQuestion question) = 0;
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
