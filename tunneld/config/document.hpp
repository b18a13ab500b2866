#pragma once

#include "tunneld/base/diagnostic.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tunnel::config {

// A TOML document as values of ours, each with its place in the text: the parser's own types stay
// in document.cpp, and all the validation is written against these.

struct Entry;
struct Value;

/// The entries of a table, in the order of the text.
struct Table {
  std::vector<Entry> entries;  // no initializer: clang would want Entry whole for it

  const Entry* find(std::string_view key) const;
};

using Array = std::vector<Value>;

/// A type that no key of ours has: "a date", "a fractional number".
struct OtherType {
  std::string_view name;
};

struct Value {
  Location where;
  std::variant<std::string, std::int64_t, bool, Array, Table, OtherType> data;
};

struct Entry {
  std::string key;
  Location key_where;
  Value value;
};

/// What a value is, in words: "an integer".
std::string_view type_name(const Value& value);

/// The hint for a mistake that no other hint fits.
inline constexpr std::string_view kSyntaxHint = "write KEY = VALUE, with text in double quotes";

struct SyntaxError {
  Location where;
  std::string message;
  std::string hint;
};

/// The root table, or the first syntax error: nothing after it can be trusted to mean what it says.
struct Document {
  Table root{};
  std::optional<SyntaxError> error{};
};

Document parse_document(std::string_view text);

}  // namespace tunnel::config
