#include "tunneld/supervisor/lease_store.hpp"

#include <boost/json.hpp>

#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

/// More than all the leases of any gateway take: a lease is about 150 bytes.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

std::string_view read_text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<Lease> read_entry(const json::object& entry) {
  const auto address = Ipv4Address::parse(read_text(entry, "address"));
  const auto first_given = read_time(entry, "first_given_us");
  if (!address || !first_given) return std::nullopt;
  return Lease{.pool = std::string{read_text(entry, "pool")},
               .address = *address,
               .first_given = *first_given,
               .unused_since = read_time(entry, "unused_since_us")};
}

json::object write_entry(const Lease& lease) {
  json::object entry;
  entry["pool"] = lease.pool;
  entry["address"] = lease.address.str();
  entry["first_given_us"] = microseconds(lease.first_given);
  if (lease.unused_since) entry["unused_since_us"] = microseconds(*lease.unused_since);
  return entry;
}

}  // namespace

LeaseStore::LeaseStore(std::filesystem::path file, std::function<void(const Error&)> complain)
    : file_{std::move(file), kMostBytes, "addresses of pools are given out anew"},
      complain_{std::move(complain)} {}

Result<void> LeaseStore::load() {
  return file_.read([this](const SiteName& site, const json::object& entry) {
    if (auto lease = read_entry(entry)) table_.restore(site, *std::move(lease));
  });
}

void LeaseStore::set_pools(std::vector<config::Pool> pools) {
  const auto before = table_.leases();
  table_.set_pools(std::move(pools));
  save_unless(before);
}

Result<Ipv4Address> LeaseStore::assign(const SiteName& site, std::string_view pool,
                                       audit::WallTime now) {
  const auto before = table_.leases();
  auto address = table_.assign(site, pool, now);
  save_unless(before);
  return address;
}

void LeaseStore::release(const SiteName& site, audit::WallTime now) {
  const auto before = table_.leases();
  table_.release(site, now);
  save_unless(before);
}

void LeaseStore::save_unless(const std::map<SiteName, Lease>& before) const {
  if (table_.leases() == before) return;
  if (const auto saved = save(); !saved) complain_(saved.error());
}

Result<void> LeaseStore::save() const {
  json::object document;
  for (const auto& [site, lease] : table_.leases()) document[site.str()] = write_entry(lease);
  return file_.write(document);
}

}  // namespace tunnel::supervisor
