#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"

#include <string>
#include <vector>

namespace tunnel::routes {

/// As much of a kernel as plan() relies on: one route for each network, metric and TOS; routes that
/// come and go with addresses and links; source addresses that must exist. In IPv6, what only that
/// does: addresses that the kernel invents, that go when the link is set down, that are known
/// without their length; all of it gone below its least MTU; routers' advertisements.
class SimulatedKernel {
 public:
  /// A tun device as somebody's TUNSETIFF leaves it: down, without settings.
  Link& add_tun(const std::string& name);
  void remove(const std::string& name);
  void set_down(const std::string& name);
  /// Made as the device is given an MTU, by whomever.
  void set_mtu(Link& link, Mtu mtu);
  /// The random link-local address of a tun device that comes up, if it is not told otherwise.
  void invent_address(const Link& link);
  /// A router's advertisement arrives: a default route, where they are heeded.
  void hear_router(const Link& link);
  /// Whether there is such a default route.
  bool has_router(const Link& link) const;

  /// What Kernel::read() would find.
  Actual read(const Wanted& wanted) const;

  /// The error's text; empty for none. Unlike Kernel::apply() it does not forgive the deletion of
  /// what is not there: a plan must not ask for it.
  std::string apply(const Change& change);

  /// The whole main table, everybody's.
  std::vector<Route> routes;
  std::vector<Link> links;
  std::vector<Address> addresses;
  bool ip_forward = false;
  bool ipv6_forwarding = false;
  std::uint32_t default_accept_ra = 1;

 private:
  struct Apply;

  Link* find(int index);
  /// What goes when its address or its device's up flag goes.
  void drop_dependent_routes();
  void drop_ipv6(const Link& link);
  void add_connected_route(const Address& address);

  int next_index_ = 2;
};

}  // namespace tunnel::routes
