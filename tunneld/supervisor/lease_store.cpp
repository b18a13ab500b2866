#include "tunneld/supervisor/lease_store.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

/// More than all the leases of any gateway take: a lease is about 150 bytes.
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

std::int64_t microseconds(audit::WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::optional<audit::WallTime> read_time(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return audit::WallTime{std::chrono::microseconds{value->get_int64()}};
}

std::string_view read_text(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::optional<Lease> read_entry(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto address = Ipv4Address::parse(read_text(*object, "address"));
  const auto first_given = read_time(*object, "first_given_us");
  if (!address || !first_given) return std::nullopt;
  return Lease{.pool = std::string{read_text(*object, "pool")},
               .address = *address,
               .first_given = *first_given,
               .unused_since = read_time(*object, "unused_since_us")};
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

Result<void> LeaseStore::load() {
  std::ifstream in{file_};
  if (!in) return {};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  boost::system::error_code error;
  const auto document = json::parse(text.substr(0, kMostBytes), error);
  const auto* sites = document.if_object();
  if (error || sites == nullptr) {
    return make_error(
        std::errc::invalid_argument,
        fmt::format("{} is damaged; addresses of pools are given out anew", file_.native()));
  }
  for (const auto& entry : *sites) {
    const auto site = SiteName::parse(std::string_view{entry.key().data(), entry.key().size()});
    auto lease = read_entry(entry.value());
    if (site && lease) table_.restore(*site, *std::move(lease));
  }
  return {};
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
  const auto fresh = file_.native() + ".new";
  std::ofstream out{fresh, std::ios::trunc};
  out << json::serialize(document) << '\n';
  out.close();
  if (!out || std::rename(fresh.c_str(), file_.c_str()) != 0) {
    return errno_error(fmt::format("write {}", file_.native()));
  }
  return {};
}

}  // namespace tunnel::supervisor
