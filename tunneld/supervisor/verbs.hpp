#pragma once

#include "tunneld/supervisor/access.hpp"
#include "tunneld/supervisor/json_rpc.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tunnel::supervisor {

/// A parameter of a request, as far as its type goes; what values it may have is the verb's to say.
struct Parameter {
  enum class Type : std::uint8_t { Text, Flag, Number, List };

  std::string_view name{};
  Type type = Type::Text;
};

inline constexpr std::size_t kMostParameters = 7;

/// A method of the control socket.
struct Verb {
  std::string_view method;
  Power needs = Power::Control;
  std::array<Parameter, kMostParameters> takes{};  // those without a name are none
};

/// All methods that tunneld offers.
std::span<const Verb> verbs() noexcept;
/// nullptr: there is none of that name.
const Verb* find_verb(std::string_view method) noexcept;

/// The sentence about the first parameter that the verb does not take, or not of that type. What a
/// daemon does not know it must not leave out: `down --withdraw` without "withdraw" is another
/// command.
std::optional<RpcError> mistake_in(const Verb& verb, const boost::json::object& params);

}  // namespace tunnel::supervisor
