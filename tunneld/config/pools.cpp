// [pools] of tunneld.toml: addresses for the peers of sites that answer, which nobody else may
// have.

#include "tunneld/base/text.hpp"
#include "tunneld/config/gateway.hpp"
#include "tunneld/config/ppp_values.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace tunnel::config {

namespace {

constexpr std::string_view kExample = "[\"10.224.2.10-10.224.2.99\"]";

bool overlap(const AddressRange& a, const AddressRange& b) {
  return a.first <= b.last && b.first <= a.last;
}

std::string str(const AddressRange& range) {
  if (range.first == range.last) return range.first.str();
  return range.first.str() + '-' + range.last.str();
}

void check_overlaps(std::span<const PoolDraft> earlier, const PoolDraft& pool, Report& report) {
  for (auto at = pool.addresses.begin(); at != pool.addresses.end(); ++at) {
    const auto mine = [&](const auto& other) { return overlap(at->value, other.value); };
    if (std::any_of(pool.addresses.begin(), at, mine)) {
      report.error(at->where, str(at->value) + " overlaps another range of this pool",
                   "make the ranges distinct");
    }
    for (const auto& other : earlier) {
      if (std::none_of(other.addresses.begin(), other.addresses.end(), mine)) continue;
      report.error(at->where,
                   str(at->value) + " overlaps the pool " + in_quotes(other.name.value) + " (" +
                       report.place(other.name.where) + ')',
                   "an address is in one pool only; make the two distinct");
    }
  }
}

std::optional<PoolDraft> read_pool(const Entry& entry, Report& report) {
  const auto name = pool_name(entry.key);
  if (name.has_error()) {
    report.error(entry.key_where, name.error().message, name.error().hint);
    return std::nullopt;
  }
  const auto full_name = "pools." + *name;
  const auto* table = std::get_if<Table>(&entry.value.data);
  if (table == nullptr) {
    report.error(entry.key_where, in_quotes(*name) + " in [pools] must be a table",
                 "write [" + full_name + "] on a line of its own, and addresses = " +
                     std::string{kExample} + " below it");
    return std::nullopt;
  }
  TableReader in{full_name, table, entry.key_where, report};
  PoolDraft pool{.name = {*name, entry.key_where}};
  pool.addresses = in.required_list("addresses", pool_addresses, Empty::Refused, kExample);
  in.finish();
  return pool;
}

/// One site held against one pool.
class Clash {
 public:
  Clash(const PoolDraft& pool, const Report& gateway, SiteDraft& site)
      : pool_{pool}, gateway_{gateway}, site_{site} {}

  void check() {
    for (const auto* wish : {&site_.local, &site_.remote}) {
      // Any address at all is not one of the pool's before the link says so.
      if (*wish && (*wish)->value.length != 0) {
        check((*wish)->where, range_of((*wish)->value.network()), (*wish)->value.str(),
              "an address of the pool goes to any site that has it; take one outside");
      }
    }
    for (const auto& network : site_.networks) {
      if (network.value.family() != Family::Ipv4) continue;
      check(network.where, range_of(network.value), network.value.str(),
            "packets for the pool's addresses would go into the wrong tunnel; make the two "
            "distinct");
    }
  }

 private:
  void check(Location where, const AddressRange& range, const std::string& text, std::string hint) {
    for (const auto& addresses : pool_.addresses) {
      if (!overlap(addresses.value, range)) continue;
      site_.report.error(where,
                         text + (range.first == range.last ? " lies in" : " overlaps") +
                             " the pool " + in_quotes(pool_.name.value) + " (" +
                             gateway_.place(addresses.where) + ')',
                         std::move(hint));
      return;
    }
  }

  const PoolDraft& pool_;
  const Report& gateway_;
  SiteDraft& site_;
};

void check_pool_exists(const std::vector<PoolDraft>& pools, SiteDraft& site) {
  if (!site.pool) return;
  const auto& wanted = site.pool->value;
  std::vector<std::string_view> names;
  for (const auto& pool : pools) names.push_back(pool.name.value);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return;
  const auto meant = nearest(wanted, names);
  site.report.error(site.pool->where, "there is no pool " + in_quotes(wanted),
                    meant ? "did you mean " + in_quotes(*meant) + "?"
                          : "write [pools." + wanted +
                                "] in tunneld.toml, with addresses = " + std::string{kExample});
}

}  // namespace

std::vector<PoolDraft> read_pools(const Table& root, Report& report) {
  std::vector<PoolDraft> pools;
  const auto* entry = root.find("pools");
  const auto* table = entry == nullptr ? nullptr : std::get_if<Table>(&entry->value.data);
  if (table == nullptr) return pools;
  for (const auto& each : table->entries) {
    auto pool = read_pool(each, report);
    if (!pool) continue;
    check_overlaps(pools, *pool, report);
    pools.push_back(*std::move(pool));
  }
  std::sort(pools.begin(), pools.end(),
            [](const auto& a, const auto& b) { return a.name.value < b.name.value; });
  return pools;
}

void compare_pools(const std::vector<PoolDraft>& pools, const Report& gateway,
                   std::vector<SiteDraft>& sites) {
  for (auto& site : sites) {
    check_pool_exists(pools, site);
    for (const auto& pool : pools) Clash{pool, gateway, site}.check();
  }
}

}  // namespace tunnel::config
