#include "tunneld/supervisor/history_store.hpp"

#include <boost/json.hpp>

#include <utility>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

std::optional<KeptHistory> read_entry(const json::object& entry) {
  const auto* established = entry.if_contains("established");
  if (established == nullptr || !established->is_int64() || established->get_int64() < 0) {
    return std::nullopt;
  }
  return KeptHistory{.established = static_cast<unsigned>(established->get_int64()),
                     .first_established = read_time(entry, "first_established_us")};
}

}  // namespace

HistoryStore::HistoryStore(std::filesystem::path file)
    : file_{std::move(file), kMostBytes, "the counts in status begin anew"} {}

Result<void> HistoryStore::load() {
  return file_.read([this](const SiteName& site, const json::object& entry) {
    if (const auto kept = read_entry(entry)) sites_[site] = *kept;
  });
}

KeptHistory HistoryStore::get(const SiteName& site) const {
  const auto found = sites_.find(site);
  return found == sites_.end() ? KeptHistory{} : found->second;
}

Result<void> HistoryStore::put(const SiteName& site, const KeptHistory& history) {
  sites_[site] = history;
  return save();
}

Result<void> HistoryStore::save() const {
  json::object document;
  for (const auto& [site, kept] : sites_) {
    json::object entry;
    entry["established"] = kept.established;
    if (kept.first_established) {
      entry["first_established_us"] = microseconds(*kept.first_established);
    }
    document[site.str()] = std::move(entry);
  }
  return file_.write(document);
}

}  // namespace tunnel::supervisor
