#pragma once

#include "routes/model.hpp"
#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tunnel::routes {

/// An interface as it was when the plan was made. Changes go by the index, so that one of the same
/// name made meanwhile is not mistaken for it; the name is for people.
struct Device {
  int index = 0;
  std::string name{};
  bool operator==(const Device&) const = default;
};

/// Sets what has a value.
struct SetLink {
  enum class Flag : std::uint8_t { Unchanged, Up };

  Device device;
  std::optional<std::string> alias{};
  std::optional<Mtu> mtu{};
  Flag flag = Flag::Unchanged;
  bool operator==(const SetLink&) const = default;
};

/// addr_gen_mode = none: the kernel makes no address of its own up, the link-local one included.
struct StopInventingAddresses {
  Device device;
  bool operator==(const StopInventingAddresses&) const = default;
};

/// Removes a tun device that is ours; whoever holds its descriptor gets EBADFD.
struct DeleteLink {
  Device device;
  bool operator==(const DeleteLink&) const = default;
};

struct AddAddress {
  Device device;
  Address address;
  bool operator==(const AddAddress&) const = default;
};

struct DeleteAddress {
  Device device;
  Address address;
  bool operator==(const DeleteAddress&) const = default;
};

/// Makes a route where there is none of its network and metric; never replaces somebody else's.
struct AddRoute {
  Device device;  ///< index 0 for unreachable routes
  Route route;
  bool operator==(const AddRoute&) const = default;
};

/// Puts a route in the place of ours of the same network and metric, at once.
struct ReplaceRoute {
  Device device;
  Route route;
  bool operator==(const ReplaceRoute&) const = default;
};

struct DeleteRoute {
  Device device;
  Route route;
  bool operator==(const DeleteRoute&) const = default;
};

/// net.ipv4.ip_forward = 1, or net.ipv6.conf.all.forwarding = 1
struct SetForwarding {
  Family family = Family::Ipv4;
  bool operator==(const SetForwarding&) const = default;
};

/// net.ipv4.conf.DEVICE.forwarding = 1
struct SetDeviceForwarding {
  Device device;
  bool operator==(const SetDeviceForwarding&) const = default;
};

/// net.ipv4.conf.DEVICE.ignore_routes_with_linkdown = 1
struct SetIgnoreLinkdown {
  Device device;
  bool operator==(const SetIgnoreLinkdown&) const = default;
};

/// net.ipv6.conf.DEVICE.KEY = VALUE
struct SetIpv6 {
  enum class Key : std::uint8_t { AcceptRa, Autoconf, Disable, Forwarding, IgnoreLinkdown };

  Device device;  ///< index 0 and "default": what interfaces yet to come begin with
  Key key = Key::AcceptRa;
  std::uint32_t value = 0;
  bool operator==(const SetIpv6&) const = default;
};

using Change = std::variant<SetLink, StopInventingAddresses, DeleteLink, AddAddress, DeleteAddress,
                            AddRoute, ReplaceRoute, DeleteRoute, SetForwarding, SetDeviceForwarding,
                            SetIgnoreLinkdown, SetIpv6>;

/// "accept_ra", … as the file is called.
std::string_view name(SetIpv6::Key key) noexcept;

/// A route in the words of ip-route(8): "192.168.253.0/24 dev tun0 proto 84 metric 50
/// src 10.224.1.1".
std::string describe(const Route& route, const std::string& device);

/// One log line in the words of ip(8): "route add 192.168.253.0/24 dev tun0 proto 84 metric 50".
std::string describe(const Change& change);

}  // namespace tunnel::routes
