#include "tunneld/config/table_reader.hpp"

#include "tunneld/base/text.hpp"

#include <algorithm>

namespace tunnel::config {

namespace {

bool among(const std::vector<std::string_view>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string bracketed(std::string_view name) {
  return '[' + std::string{name} + ']';
}

/// "a, b and c"
std::string joined(const std::vector<std::string_view>& words, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? ' ' + std::string{last} + ' ' : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

const Value* TableReader::take(std::string_view key) {
  asked_.push_back(key);
  if (table_ == nullptr) return nullptr;
  const auto* entry = table_->find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

void TableReader::need(std::string_view key, std::string_view example) {
  needed_.push_back({key, example});
}

const Array& TableReader::elements(std::string_view key) {
  static const Array none;
  const auto* value = take(key);
  if (value == nullptr) return none;
  if (const auto* array = std::get_if<Array>(&value->data)) return *array;
  report_wrong_type(key, *value, Wanted::List);
  return none;
}

void TableReader::refuse_empty(std::string_view key, std::string_view example) {
  const auto* entry = table_ == nullptr ? nullptr : table_->find(key);
  const auto* array = entry == nullptr ? nullptr : std::get_if<Array>(&entry->value.data);
  if (array == nullptr || !array->empty()) return;
  report_.error(entry->value.where, in_quotes(key) + " is an empty list",
                "write " + std::string{key} + " = " + std::string{example});
}

TableReader TableReader::table(std::string_view key, std::string_view full_name) {
  const auto* value = take(key);
  const auto* nested = value == nullptr ? nullptr : std::get_if<Table>(&value->data);
  if (value != nullptr && nested == nullptr) report_wrong_type(key, *value, Wanted::Table);
  return TableReader{full_name, nested, value == nullptr ? Location{} : value->where, report_};
}

void TableReader::forbid(std::string_view key, std::string_view message, std::string_view hint) {
  forbidden_.push_back(key);
  if (table_ == nullptr) return;
  const auto* entry = table_->find(key);
  if (entry != nullptr) {
    report_.error(entry->key_where, std::string{message}, std::string{hint});
  }
}

void TableReader::report_wrong_type(std::string_view key, const Value& value, Wanted wanted) {
  struct Words {
    std::string_view type;
    std::string_view hint;
  };

  const auto words = [&]() -> Words {
    switch (wanted) {
      case Wanted::Text:
        return {"text", "put it in double quotes"};
      case Wanted::Duration:
        return {"a duration", "put it in double quotes with its unit, such as \"1s\""};
      case Wanted::Integer:
        return {"an integer", "write a whole number without quotes"};
      case Wanted::Flag:
        return {"true or false", "write true or false without quotes"};
      case Wanted::List:
        return {"a list", "put it in brackets: [\"...\", \"...\"]"};
      case Wanted::Table:
        return {"keys of its own", "write its name in brackets on a line, and its keys below it"};
    }
    return {};
  }();
  report_.error(value.where,
                in_quotes(key) + " takes " + std::string{words.type} + ", not " +
                    std::string{type_name(value)},
                std::string{words.hint});
}

void TableReader::report_unknown(const Entry& entry, std::vector<std::string_view>& suggested) {
  const auto meant = nearest(entry.key, asked_);
  if (meant) suggested.push_back(*meant);
  report_.error(entry.key_where, "unknown key " + in_quotes(entry.key) + " in " + bracketed(name_),
                meant ? "did you mean " + in_quotes(*meant) + "?"
                      : "the keys of " + bracketed(name_) + " are " + joined(asked_, "and"));
}

void TableReader::finish() {
  if (table_ == nullptr) return;
  std::vector<std::string_view> suggested;
  for (const auto& entry : table_->entries) {
    if (!among(asked_, entry.key) && !among(forbidden_, entry.key)) {
      report_unknown(entry, suggested);
    }
  }
  for (const auto& [key, example] : needed_) {
    // A slip of the pen has been reported where it stands: the key is not missing as well.
    if (has(key) || among(suggested, key)) continue;
    report_.error(header_, bracketed(name_) + " must have the key " + in_quotes(key),
                  "write " + std::string{key} + " = " + std::string{example});
  }
}

void check_tables(const Table& root, std::span<const KnownTable> known, Report& report) {
  std::vector<std::string_view> names;
  for (const auto& table : known) names.push_back(table.name);
  std::vector<std::string_view> suggested;
  for (const auto& entry : root.entries) {
    const bool is_table = std::holds_alternative<Table>(entry.value.data);
    const auto meant = nearest(entry.key, names);
    if (among(names, entry.key)) {
      if (is_table) continue;
      report.error(entry.key_where, in_quotes(entry.key) + " is a table, not a key",
                   "write " + bracketed(entry.key) + " on a line of its own, its keys below it");
    } else if (is_table) {
      if (meant) suggested.push_back(*meant);
      report.error(entry.key_where, "unknown table " + bracketed(printable(entry.key)),
                   meant ? "did you mean " + bracketed(*meant) + "?"
                         : "the tables of this file are " + joined(names, "and"));
    } else {
      report.error(entry.key_where, "the key " + in_quotes(entry.key) + " stands in no table",
                   "write it below the table it belongs to: " + joined(names, "or"));
    }
  }
  // The first line of the file that says anything: the place to look up from.
  const auto top = root.entries.empty() ? Location{} : root.entries.front().key_where;
  for (const auto& table : known) {
    if (!table.required || root.find(table.name) != nullptr || among(suggested, table.name)) {
      continue;
    }
    report.error(top, "the table " + bracketed(table.name) + " is missing",
                 "add " + bracketed(table.name) + " with " + std::string{table.example});
  }
}

TableReader open_table(const Table& root, std::string_view name, Report& report) {
  const auto* entry = root.find(name);
  const auto* table = entry == nullptr ? nullptr : std::get_if<Table>(&entry->value.data);
  return TableReader{name, table, entry == nullptr ? Location{} : entry->value.where, report};
}

}  // namespace tunnel::config
