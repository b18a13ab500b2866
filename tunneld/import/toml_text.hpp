#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// A TOML string of one line: whatever the text is, it ends at its last quote. What is not UTF-8
/// becomes "?".
std::string toml_quoted(std::string_view text);

/// Writes TOML for people: tables, keys in columns, remarks. Nothing that it is given can end a
/// line, a string or a remark early.
class TomlText {
 public:
  /// A line of its own.
  void remark(std::string_view text);
  void table(std::string_view name);
  void text(std::string_view key, std::string_view value, std::string_view remark = {});
  void number(std::string_view key, std::int64_t value, std::string_view remark = {});
  void flag(std::string_view key, bool value, std::string_view remark = {});
  /// One element a line where there are several.
  void list(std::string_view key, const std::vector<std::string>& values,
            std::string_view remark = {});
  /// A key that is not set: as a remark, with an example and what to do. `example` is TOML.
  void missing(std::string_view key, std::string_view example, std::string_view remark);

  std::string finish() &&;

 private:
  struct Line {
    std::string key{};
    std::string value{};
    std::string remark{};
    bool set = true;
  };

  void write_lines();

  std::string out_;
  std::vector<Line> lines_;  // of the present table
};

}  // namespace tunnel::importer
