#pragma once

#include "routes/change.hpp"
#include "routes/model.hpp"

#include <string>
#include <vector>

namespace tunnel::routes {

/// As much of a kernel as plan() relies on: one route for each network, metric and TOS; routes that
/// come and go with addresses and links; source addresses that must exist.
class SimulatedKernel {
 public:
  /// A tun device as somebody's TUNSETIFF leaves it: down, without settings.
  Link& add_tun(const std::string& name);
  void remove(const std::string& name);
  void set_down(const std::string& name);

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

 private:
  struct Apply;

  Link* find(int index);
  /// What goes when its address or its device's up flag goes.
  void drop_dependent_routes();
  void add_connected_route(const Address& address);

  int next_index_ = 2;
};

}  // namespace tunnel::routes
