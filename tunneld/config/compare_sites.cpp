// What two sites of one gateway cannot both have.

#include "tunneld/config/site_draft.hpp"

#include <optional>
#include <string>
#include <vector>

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
    static constexpr auto kFar = "give each far end an address of its own";
    static constexpr auto kNear = "give this end an address of its own";
    wishes(later_.remote, earlier_.remote, " is another site's far end already", kFar);
    wishes(later_.remote, earlier_.local, " is this gateway's own address towards another site",
           kFar);
    wishes(later_.local, earlier_.remote, " is another site's far end", kNear);
    addresses6(later_.remote6, earlier_.remote6, " is another site's far end already", kFar);
    addresses6(later_.remote6, earlier_.local6,
               " is this gateway's own address towards another site", kFar);
    addresses6(later_.local6, earlier_.remote6, " is another site's far end", kNear);
  }

  using Wish = std::optional<Located<AddressWish>>;

  /// Two fixed addresses that are the same, or a network to choose from that holds the other one:
  /// `same` says what the first is then. What has no bounds at all is for the link to find out.
  void wishes(const Wish& mine, const Wish& theirs, const std::string& same,
              const std::string& hint) {
    if (!mine || !theirs || mine->value.length == 0 || theirs->value.length == 0) return;
    if (!mine->value.network().overlaps(theirs->value.network())) return;
    const bool fixed = mine->value.fixed() && theirs->value.fixed();
    const auto text = mine->value.str();
    clash(mine->where, theirs->where,
          fixed ? text + same
                : text + " may be the same address as another site's " + theirs->value.str(),
          hint);
  }

  using Address6 = std::optional<Located<Ipv6Address>>;

  void addresses6(const Address6& mine, const Address6& theirs, const std::string& same,
                  const std::string& hint) {
    if (!mine || !theirs || mine->value != theirs->value) return;
    clash(mine->where, theirs->where, mine->value.str() + same, hint);
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

  /// A tunnel's address, or the network it is chosen from.
  static std::vector<Located<Prefix>> tunnel_addresses(const SiteDraft& site) {
    std::vector<Located<Prefix>> all;
    for (const auto* wish : {&site.local, &site.remote}) {
      if (*wish && (*wish)->value.length != 0) {
        all.push_back({(*wish)->value.network(), (*wish)->where});
      }
    }
    for (const auto* address : {&site.local6, &site.remote6}) {
      if (*address) all.push_back({*Prefix::make((*address)->value, 128), (*address)->where});
    }
    return all;
  }

  static std::string str(const Prefix& prefix) {
    const auto text = prefix.str();
    const bool host = prefix.length() == Prefix::max_length(prefix.family());
    return host ? text.substr(0, text.find('/')) : text;
  }

  void addresses_in_networks() {
    static constexpr auto kHint =
        "packets for it would go into the wrong tunnel; take tunnel addresses that no site's "
        "networks hold";
    for (const auto& address : tunnel_addresses(later_)) {
      for (const auto& network : earlier_.networks) {
        if (!network.value.overlaps(address.value)) continue;
        clash(address.where, network.where,
              str(address.value) + " lies inside another site's network " + network.value.str(),
              kHint);
      }
    }
    for (const auto& address : tunnel_addresses(earlier_)) {
      for (const auto& network : later_.networks) {
        if (!network.value.overlaps(address.value)) continue;
        clash(network.where, address.where,
              network.value.str() + " holds another site's tunnel address " + str(address.value),
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
