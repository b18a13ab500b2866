#pragma once

#include "tunneld/config/checked.hpp"
#include "tunneld/config/document.hpp"
#include "tunneld/config/report.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tunnel::config {

/// A value and where it stands, for a complaint that comes later.
template <typename T>
struct Located {
  T value;
  Location where;
};

enum class Empty : std::uint8_t { Allowed, Refused };

/// Reads the keys of one table. Whatever is wrong with a value goes to the report, and the value
/// is then missing; what nobody asked for is unknown. Ask for every key, then finish().
class TableReader {
 public:
  /// `name` is the table's, without brackets; `table` is nullptr when the file does not have it.
  TableReader(std::string_view name, const Table* table, Location header, Report& report)
      : name_{name}, table_{table}, header_{header}, report_{report} {}

  /// A key that must be there; `example` is a value to show if it is not.
  template <typename T, typename Raw>
  std::optional<Located<T>> required(std::string_view key, Checked<T> (*check)(Raw),
                                     std::string_view example) {
    need(key, example);
    return optional(key, check);
  }

  /// A key that may be there.
  template <typename T, typename Raw>
  std::optional<Located<T>> optional(std::string_view key, Checked<T> (*check)(Raw)) {
    const auto* value = take(key);
    return value == nullptr ? std::nullopt : read(key, *value, check);
  }

  /// The value of a key that may be there, or the default.
  template <typename T, typename Raw>
  T value_or(std::string_view key, Checked<T> (*check)(Raw), T otherwise) {
    auto found = optional(key, check);
    return found ? std::move(found->value) : std::move(otherwise);
  }

  /// A list of text. Elements that are wrong are reported and left out.
  template <typename T>
  std::vector<Located<T>> list(std::string_view key, Checked<T> (*check)(std::string_view)) {
    std::vector<Located<T>> all;
    for (const auto& element : elements(key)) {
      if (auto good = read(key, element, check)) all.push_back(*std::move(good));
    }
    return all;
  }

  /// The same, which must be there, and may be empty or not.
  template <typename T>
  std::vector<Located<T>> required_list(std::string_view key, Checked<T> (*check)(std::string_view),
                                        Empty empty, std::string_view example) {
    need(key, example);
    if (empty == Empty::Refused) refuse_empty(key, example);
    return list(key, check);
  }

  /// A table within this one: `full_name` is its name in messages, "ppp.auth". Its reader reads
  /// nothing if it is not there; it is finished on its own.
  TableReader table(std::string_view key, std::string_view full_name);

  /// A key that exists, but not for this site: an error where it stands.
  void forbid(std::string_view key, std::string_view message, std::string_view hint);

  bool has(std::string_view key) const { return table_ != nullptr && table_->find(key) != nullptr; }

  /// Reports unknown keys, and required ones that are missing.
  void finish();

 private:
  struct Needed {
    std::string_view key;
    std::string_view example;
  };

  enum class Wanted : std::uint8_t { Text, Duration, Integer, Flag, List, Table };

  template <typename T, typename Raw>
  std::optional<Located<T>> read(std::string_view key, const Value& value,
                                 Checked<T> (*check)(Raw)) {
    using Stored = std::conditional_t<std::is_same_v<Raw, std::string_view>, std::string, Raw>;
    const auto* raw = std::get_if<Stored>(&value.data);
    if (raw == nullptr) {
      report_wrong_type(key, value, wanted<T, Stored>());
      return std::nullopt;
    }
    auto checked = check(*raw);
    if (checked.has_value()) return Located<T>{*std::move(checked), value.where};
    report_.error(value.where, checked.error().message, checked.error().hint);
    return std::nullopt;
  }

  template <typename T, typename Stored>
  static constexpr Wanted wanted() {
    if constexpr (std::is_same_v<T, std::chrono::milliseconds>) return Wanted::Duration;
    if constexpr (std::is_same_v<Stored, bool>) return Wanted::Flag;
    if constexpr (std::is_same_v<Stored, std::int64_t>) return Wanted::Integer;
    return Wanted::Text;
  }

  const Value* take(std::string_view key);
  void need(std::string_view key, std::string_view example);
  void refuse_empty(std::string_view key, std::string_view example);
  /// The elements of a list, an error for anything else, nothing if the key is not there.
  const Array& elements(std::string_view key);
  void report_wrong_type(std::string_view key, const Value& value, Wanted wanted);
  void report_unknown(const Entry& entry, std::vector<std::string_view>& suggested);

  std::string_view name_;
  const Table* table_;
  Location header_;
  Report& report_;
  std::vector<std::string_view> asked_;
  std::vector<std::string_view> forbidden_;
  std::vector<Needed> needed_;
};

/// What a file's tables may be called, and which of them it must have.
struct KnownTable {
  std::string_view name;
  bool required;
  std::string_view example;  // what to write in one that is missing
};

/// Reports tables that are unknown, values outside any table, and required tables that are missing.
void check_tables(const Table& root, std::span<const KnownTable> known, Report& report);

/// A reader of one table; of none when it is missing or no table.
TableReader open_table(const Table& root, std::string_view name, Report& report);

}  // namespace tunnel::config
