#include "filter/nft/commands.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace tunnel::filter::nft {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr auto kCounter = "counter";

/// Elements that packets may add to a set at most.
constexpr unsigned kMostAdded = 65'535;

/// Commands of one transaction on one table.
class Script {
 public:
  explicit Script(std::string table) : table_{std::move(table)} {}

  void table(std::string_view verb) {
    put(verb, "table", object{{"family", "inet"}, {"name", table_}});
  }

  void add(const Object& added) {
    auto what = of(added.name);
    for (const auto& [key, value] : added.properties) what[key] = value;
    put("add", added.kind, std::move(what));
  }

  void add(const Map& map) {
    auto what = of(map.name);
    what["type"] = key_type(map);
    if (map.value) what["map"] = *map.value;
    if (map.counters == Map::Counters::Yes) what["stmt"] = array{object{{"counter", nullptr}}};
    if (map.intervals == Map::Intervals::Yes) what["flags"] = array{"interval"};
    if (map.lifetime.count() > 0) {
      what["flags"] = array{"timeout"};
      what["timeout"] = map.lifetime.count();
      what["size"] = kMostAdded;
    }
    put("add", kind_of(map), std::move(what));
  }

  void elements(std::string_view verb, const Map& map, const std::vector<Map::Element>& elements) {
    if (elements.empty()) return;
    auto what = of(map.name);
    array all;
    for (const auto& [key, value] : elements) {
      all.push_back(map.value ? boost::json::value(array{key, value}) : key);
    }
    what["elem"] = std::move(all);
    put(verb, "element", std::move(what));
  }

  void add(const Chain& chain) {
    auto what = of(chain.name);
    if (chain.hook) {
      what["type"] = chain.hook->type;
      what["hook"] = chain.hook->name;
      what["prio"] = chain.hook->priority;
      what["policy"] = "accept";
    }
    put("add", "chain", std::move(what));
  }

  void rules(const Chain& chain) {
    for (const auto& rule : chain.rules) {
      auto what = object{{"family", "inet"}, {"table", table_}, {"chain", chain.name}};
      array expressions;
      for (const auto& expression : rule) expressions.push_back(expression);
      what["expr"] = std::move(expressions);
      put("add", "rule", std::move(what));
    }
  }

  void flush(const Chain& chain) { put("flush", "chain", of(chain.name)); }

  void remove(const Chain& chain) { put("delete", "chain", of(chain.name)); }

  void remove(const Map& map) { put("delete", kind_of(map), of(map.name)); }

  void remove(const Object& gone) { put("delete", gone.kind, of(gone.name)); }

  object finish() && { return object{{"nftables", std::move(commands_)}}; }

 private:
  static std::string_view kind_of(const Map& map) { return map.value ? "map" : "set"; }

  static value key_type(const Map& map) {
    if (map.key.size() == 1) return value(map.key.front());
    array types;
    for (const auto& type : map.key) types.push_back(value(type));
    return types;
  }

  object of(const std::string& name) const {
    return object{{"family", "inet"}, {"table", table_}, {"name", name}};
  }

  void put(std::string_view verb, std::string_view kind, object what) {
    commands_.push_back(object{{verb, object{{kind, std::move(what)}}}});
  }

  std::string table_;
  array commands_;
};

void add_all(Script& script, const Table& table) {
  for (const auto& each : table.objects) script.add(each);
  for (const auto& chain : table.chains) script.add(chain);
  for (const auto& map : table.maps) {
    script.add(map);
    script.elements("add", map, map.elements);
  }
  for (const auto& chain : table.chains) script.rules(chain);
}

template <typename T>
const T* find(const std::vector<T>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// Whether the elements can change and the map stay.
bool same_kind(const Map& a, const Map& b) {
  return a.key == b.key && a.value == b.value && a.counters == b.counters &&
         a.intervals == b.intervals && a.lifetime == b.lifetime;
}

std::string text_of(const Map::Element& element) {
  return boost::json::serialize(element.first) + " " + boost::json::serialize(element.second);
}

/// Those of `all` that are not in `others`.
std::vector<Map::Element> difference(const std::vector<Map::Element>& all,
                                     const std::vector<Map::Element>& others) {
  std::map<std::string, bool> known;
  for (const auto& element : others) known.emplace(text_of(element), true);
  std::vector<Map::Element> out;
  std::copy_if(all.begin(), all.end(), std::back_inserter(out), [&](const Map::Element& element) {
    return known.find(text_of(element)) == known.end();
  });
  return out;
}

/// A hook of another kind, or a map of another type: rare, and not worth an order of its own.
bool must_replace(const Table& before, const Table& after) {
  const auto other_hook = [&](const Chain& chain) {
    const auto* old = find(before.chains, chain.name);
    return old != nullptr && old->hook != chain.hook;
  };
  const auto other_kind = [&](const Map& map) {
    const auto* old = find(before.maps, map.name);
    return old != nullptr && !same_kind(*old, map);
  };
  const auto other_object = [&](const Object& each) {
    const auto* old = find(before.objects, each.name);
    return old != nullptr && !(*old == each);
  };
  return before.name != after.name ||
         std::any_of(after.chains.begin(), after.chains.end(), other_hook) ||
         std::any_of(after.maps.begin(), after.maps.end(), other_kind) ||
         std::any_of(after.objects.begin(), after.objects.end(), other_object);
}

/// libnftables 1.0.6 aborts when it is asked to delete one of conntrack's objects: those stay, and
/// nothing uses them.
void remove_gone(Script& script, const Table& before, const Table& after) {
  for (const auto& chain : before.chains) {
    if (find(after.chains, chain.name) == nullptr) script.flush(chain);
  }
  for (const auto& map : before.maps) {
    if (find(after.maps, map.name) == nullptr) script.remove(map);
  }
  for (const auto& chain : before.chains) {
    if (find(after.chains, chain.name) == nullptr) script.remove(chain);
  }
  for (const auto& each : before.objects) {
    if (each.kind == kCounter && find(after.objects, each.name) == nullptr) script.remove(each);
  }
}

}  // namespace

object replace(const Table& table) {
  Script script{table.name};
  // Deleting wants something to delete.
  script.table("add");
  script.table("delete");
  script.table("add");
  add_all(script, table);
  return std::move(script).finish();
}

object remove(const std::string& table) {
  Script script{table};
  script.table("add");
  script.table("delete");
  return std::move(script).finish();
}

// First what is needed by what comes later, then the rules, then what nothing needs any more.
object change(const Table& before, const Table& after) {
  if (must_replace(before, after)) return replace(after);
  Script script{after.name};
  for (const auto& each : after.objects) {
    if (find(before.objects, each.name) == nullptr) script.add(each);
  }
  for (const auto& chain : after.chains) {
    if (find(before.chains, chain.name) == nullptr) script.add(chain);
  }
  for (const auto& map : after.maps) {
    const auto* old = find(before.maps, map.name);
    if (old == nullptr) script.add(map);
    const auto& known = old == nullptr ? std::vector<Map::Element>{} : old->elements;
    script.elements("delete", map, difference(known, map.elements));
    script.elements("add", map, difference(map.elements, known));
  }
  for (const auto& chain : after.chains) {
    const auto* old = find(before.chains, chain.name);
    if (old != nullptr && old->rules == chain.rules) continue;
    if (old != nullptr) script.flush(chain);
    script.rules(chain);
  }
  remove_gone(script, before, after);
  return std::move(script).finish();
}

bool empty(const object& commands) {
  return commands.at("nftables").as_array().empty();
}

}  // namespace tunnel::filter::nft
