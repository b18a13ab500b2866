// What two sites of one gateway cannot both have.

#include "tunneld/config/site_draft.hpp"

#include <functional>
#include <string>

namespace tunnel::config {

namespace {

/// "tun0 is ... of sites/home.toml:9", reported where the later site says so.
class Pair {
 public:
  Pair(SiteDraft& later, const SiteDraft& earlier) : later_{later}, earlier_{earlier} {}

  void check() {
    interfaces();
    addresses();
    networks();
    addresses_in_networks();
    keys();
  }

 private:
  void clash(Location where, Location other, std::string message, std::string hint) {
    later_.report.error(where, message + " (" + earlier_.report.place(other) + ')',
                        std::move(hint));
  }

  void interfaces() {
    if (!later_.interface || !earlier_.interface) return;
    if (later_.interface->value != earlier_.interface->value) return;
    clash(later_.interface->where, earlier_.interface->where,
          later_.interface->value.str() + " is another site's interface already",
          "give each site an interface of its own");
  }

  /// Any number of links may share their near address (RFC 1812 §2.2.7), but a far one leads to one
  /// place.
  void addresses() {
    static constexpr auto kHint = "give each far end an address of its own";
    if (later_.remote && earlier_.remote && later_.remote->value == earlier_.remote->value) {
      clash(later_.remote->where, earlier_.remote->where,
            later_.remote->value.str() + " is another site's far end already", kHint);
    }
    if (later_.remote && earlier_.local && later_.remote->value == earlier_.local->value) {
      clash(later_.remote->where, earlier_.local->where,
            later_.remote->value.str() + " is this gateway's own address towards another site",
            kHint);
    }
    if (later_.local && earlier_.remote && later_.local->value == earlier_.remote->value) {
      clash(later_.local->where, earlier_.remote->where,
            later_.local->value.str() + " is another site's far end",
            "give this end an address of its own");
    }
  }

  void networks() {
    for (const auto& mine : later_.networks) {
      for (const auto& theirs : earlier_.networks) {
        if (!mine.value.overlaps(theirs.value)) continue;
        clash(mine.where, theirs.where,
              mine.value.str() + " overlaps " + theirs.value.str() + " of another site",
              "a network lies behind one site only; make the two lists distinct");
      }
    }
  }

  void addresses_in_networks() {
    static constexpr auto kHint =
        "packets for it would go into the wrong tunnel; take tunnel addresses that no site's "
        "networks hold";
    for (const auto* address : {&later_.local, &later_.remote}) {
      for (const auto& network : earlier_.networks) {
        if (!*address || !network.value.contains((*address)->value)) continue;
        clash(
            (*address)->where, network.where,
            (*address)->value.str() + " lies inside another site's network " + network.value.str(),
            kHint);
      }
    }
    for (const auto* address : {&earlier_.local, &earlier_.remote}) {
      for (const auto& network : later_.networks) {
        if (!*address || !network.value.contains((*address)->value)) continue;
        clash(
            network.where, (*address)->where,
            network.value.str() + " holds another site's tunnel address " + (*address)->value.str(),
            kHint);
      }
    }
  }

  void keys() {
    for (const auto& mine : later_.authorized_keys) {
      for (const auto& theirs : earlier_.authorized_keys) {
        if (mine.value.base64 != theirs.value.base64) continue;
        clash(mine.where, theirs.where, "this key opens another site already",
              "a key opens one site: make another with tunnelctl key gen on the far gateway");
      }
    }
  }

  SiteDraft& later_;
  const SiteDraft& earlier_;
};

}  // namespace

void compare_sites(std::vector<SiteDraft>& sites) {
  for (auto later = sites.begin(); later != sites.end(); ++later) {
    for (auto earlier = sites.begin(); earlier != later; ++earlier) Pair{*later, *earlier}.check();
  }
}

}  // namespace tunnel::config
