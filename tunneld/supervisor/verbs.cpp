#include "tunneld/supervisor/verbs.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>
#include <string>

namespace tunnel::supervisor {

namespace {

using enum Parameter::Type;

constexpr Parameter kSite{"site", Text};

// Reading is what shows how the gateway is and what it has written down: whoever may read the logs
// may have it. `trace` is no reading, though it changes nothing: it has what crosses a link, which
// is in no log, and gives the bridge work for every frame.
//
// clang-format off
constexpr std::array<Verb, 19> kVerbs{{
    {"status",         Power::Read,    {kSite}},
    {"log",            Power::Read,    {kSite, {"type", Text}, {"lines", Number}, {"rule", Text},
                                        {"address", Text}, {"verdict", Text}, {"all", Flag}}},
    {"subscribe",      Power::Read,    {kSite, {"type", Text}, {"topics", List}, {"rule", Text},
                                        {"address", Text}, {"verdict", Text}, {"all", Flag}}},
    {"routes",         Power::Read,    {}},
    {"leases",         Power::Read,    {}},
    {"metrics",        Power::Read,    {}},
    {"filter.stats",   Power::Read,    {}},
    {"filter.states",  Power::Read,    {}},
    {"nat.rules",      Power::Read,    {}},
    {"nat.sessions",   Power::Read,    {}},
    {"version",        Power::Read,    {}},
    {"up",             Power::Control, {kSite}},
    {"down",           Power::Control, {kSite, {"withdraw", Flag}}},
    {"restart",        Power::Control, {kSite}},
    {"retry",          Power::Control, {kSite}},
    {"reload",         Power::Control, {}},
    {"trace",          Power::Control, {kSite, {"all", Flag}, {"octets", Number}}},
    {"filter.flush",   Power::Control, {}},
    {"restart-daemon", Power::Control, {}},
}};

// clang-format on

bool is_of(Parameter::Type type, const boost::json::value& value) {
  switch (type) {
    case Text:
      return value.is_string();
    case Flag:
      return value.is_bool();
    case Number:
      return value.is_int64();
    case List:
      return value.is_array();
  }
  return false;
}

std::string_view words_for(Parameter::Type type) {
  switch (type) {
    case Text:
      return "a text";
    case Flag:
      return "true or false";
    case Number:
      return "a whole number";
    case List:
      return "a list";
  }
  return {};
}

}  // namespace

std::span<const Verb> verbs() noexcept {
  return kVerbs;
}

const Verb* find_verb(std::string_view method) noexcept {
  const auto found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                  [&](const Verb& verb) { return verb.method == method; });
  return found == kVerbs.end() ? nullptr : &*found;
}

std::optional<RpcError> mistake_in(const Verb& verb, const boost::json::object& params) {
  for (const auto& member : params) {
    const std::string_view name = member.key();
    const auto parameter = std::find_if(
        verb.takes.begin(), verb.takes.end(),
        [&](const Parameter& known) { return !known.name.empty() && known.name == name; });
    std::string sentence;
    if (parameter == verb.takes.end()) {
      sentence = std::string{verb.method} + " has no parameter " + in_quotes(name);
    } else if (!is_of(parameter->type, member.value())) {
      sentence = "\"" + std::string{name} + "\" is " + std::string{words_for(parameter->type)};
    } else {
      continue;
    }
    return RpcError{rpc_code::kInvalidParams, std::move(sentence)};
  }
  return std::nullopt;
}

}  // namespace tunnel::supervisor
