#include "tunneld/supervisor/name_store.hpp"

#include "filter/language/system_names.hpp"

#include <boost/json.hpp>

#include <variant>

namespace tunnel::supervisor {

namespace {

namespace json = boost::json;
using filter::language::Names;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

std::optional<Names::Address> address_in(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string_view text{value.get_string()};
  if (const auto v4 = Ipv4Address::parse(text)) return *v4;
  if (const auto v6 = Ipv6Address::parse(text)) return *v6;
  return std::nullopt;
}

}  // namespace

NameStore::NameStore(const std::filesystem::path& state_dir)
    : file_{state_dir / "names.json", kMostBytes, "names in the rules have to be looked up"} {}

policy::KnownNames::Addresses NameStore::load() const {
  policy::KnownNames::Addresses all;
  const auto document = file_.read();
  if (!document) return all;
  for (const auto& entry : *document) {
    const auto* list = entry.value().if_array();
    if (list == nullptr) continue;
    std::vector<Names::Address> addresses;
    for (const auto& each : *list) {
      if (const auto address = address_in(each)) addresses.push_back(*address);
    }
    if (!addresses.empty()) all.emplace(std::string{entry.key()}, std::move(addresses));
  }
  return all;
}

Result<void> NameStore::save(const policy::KnownNames::Addresses& addresses) const {
  json::object document;
  for (const auto& [name, all] : addresses) {
    json::array list;
    for (const auto& address : all) {
      list.emplace_back(std::visit([](const auto& each) { return each.str(); }, address));
    }
    document[name] = std::move(list);
  }
  return file_.write(document);
}

policy::Loaded load_policy(const config::Configuration& configuration) {
  const filter::language::SystemNames now;
  const policy::KnownNames names{now, NameStore{configuration.gateway.state_dir}.load()};
  auto loaded = policy::load(configuration, names);
  loaded.policy.names = names.used();
  return loaded;
}

}  // namespace tunnel::supervisor
