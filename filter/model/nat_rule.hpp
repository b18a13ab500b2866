#pragma once

#include "filter/model/rule.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// The rules of ipnat.rules as values (ipnat(5)).

namespace tunnel::filter {

/// "0/32": the address that the interface has at the time.
struct InterfaceAddress {
  bool operator==(const InterfaceAddress&) const = default;
};

/// "192.0.2.1-192.0.2.9", both included.
struct AddressRange {
  Ipv4Address first;
  Ipv4Address last;
  bool operator==(const AddressRange&) const = default;
};

/// What an address becomes. Two or more addresses (rdr) take turns.
using NatTarget =
    std::variant<InterfaceAddress, MaskedIpv4, AddressRange, std::vector<Ipv4Address>>;

/// "portmap tcp/udp 1025:65000", "portmap tcp auto sequential".
struct PortMap {
  ProtocolTest protocol{};  // what it is for; others do not match the rule
  std::uint16_t first = 1024;
  std::uint16_t last = 65535;
  bool automatic = false;   // auto: any port
  bool sequential = false;  // else at random
  bool operator==(const PortMap&) const = default;
};

/// Of rdr: "port 80" moves a range along with it, "port = 80" puts all of it onto one port.
struct PortTarget {
  std::uint16_t port = 0;
  bool single = false;
  bool operator==(const PortTarget&) const = default;
};

/// A line of ipnat.rules. The protocol is what the rule comes to: portmap and proxy set it, and a
/// rule that names ports and no protocol is of TCP and UDP.
struct NatRule {
  enum class Kind : std::uint8_t { Map, MapBlock, Rdr, Bimap };

  Place place{};
  Kind kind = Kind::Map;
  InterfaceName interface {};
  ProtocolTest protocol{};
  Endpoint source{};
  Endpoint destination{};
  NatTarget target{};

  std::optional<PortMap> portmap{};           // of Map
  std::optional<std::uint16_t> ports_each{};  // of MapBlock: "ports 256"; auto: as many as fit
  std::optional<PortTarget> port_target{};    // of Rdr
  std::optional<std::uint16_t> ftp_port{};    // "proxy port ftp ftp/tcp": of the control connection
  std::optional<std::uint16_t> mss{};         // "mssclamp 1452"
  std::optional<Ages> ages{};
  bool round_robin = false;
  bool sticky = false;
  bool frag = false;
  std::string tag{};

  bool operator==(const NatRule&) const = default;
};

}  // namespace tunnel::filter
