#include "tunneld/supervisor/history_store.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

std::int64_t microseconds(audit::WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::optional<KeptHistory> read_entry(const json::value& value) {
  const auto* object = value.if_object();
  const auto* established = object == nullptr ? nullptr : object->if_contains("established");
  if (established == nullptr || !established->is_int64() || established->get_int64() < 0) {
    return std::nullopt;
  }
  KeptHistory kept;
  kept.established = static_cast<unsigned>(established->get_int64());
  const auto* first = object->if_contains("first_established_us");
  if (first != nullptr && first->is_int64()) {
    kept.first_established = audit::WallTime{std::chrono::microseconds{first->get_int64()}};
  }
  return kept;
}

}  // namespace

Result<void> HistoryStore::load() {
  std::ifstream in{file_};
  if (!in) return {};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  boost::system::error_code error;
  const auto document = json::parse(text.substr(0, kMostBytes), error);
  const auto* sites = document.if_object();
  if (error || sites == nullptr) {
    return make_error(
        std::errc::invalid_argument,
        fmt::format("{} is damaged; the counts in status begin anew", file_.native()));
  }
  for (const auto& entry : *sites) {
    const auto site = SiteName::parse(std::string_view{entry.key().data(), entry.key().size()});
    const auto kept = read_entry(entry.value());
    if (site && kept) sites_[*site] = *kept;
  }
  return {};
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
