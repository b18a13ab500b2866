#include "tunneld/ctl/document.hpp"

#include "tunneld/ctl/terminal.hpp"
#include "tunneld/ctl/utf8.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

const json::array& array(const json::object& from, std::string_view key) {
  static const json::array kNone;
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that `rest` begins with, which it loses: as people write it, where Boost.JSON writes
/// 3.4567662283E1.
std::string plain_number(std::string_view& rest) {
  const auto number = rest.substr(0, rest.find_first_not_of("0123456789+-.eE"));
  rest.remove_prefix(number.size());
  double value = 0;
  const auto* const end = number.data() + number.size();
  std::array<char, 400> digits{};  // 1.8E308 has 309 of them
  if (number.find_first_of("eE") == std::string_view::npos ||
      std::from_chars(number.data(), end, value).ec != std::errc{}) {
    return std::string{number};
  }
  const auto written = std::to_chars(digits.begin(), digits.end(), value, std::chars_format::fixed);
  return written.ec == std::errc{} ? std::string{digits.data(), written.ptr} : std::string{number};
}

}  // namespace

std::string_view raw_text(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

std::string text(const json::object& from, std::string_view key) {
  return terminal_text(raw_text(from, key));
}

std::optional<double> number(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_double()) return value->get_double();
  if (value->is_int64()) return static_cast<double>(value->get_int64());
  if (value->is_uint64()) return static_cast<double>(value->get_uint64());
  return std::nullopt;
}

std::uint64_t count(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() > 0) {
    return static_cast<std::uint64_t>(value->get_int64());
  }
  return 0;
}

bool flag(const json::object& from, std::string_view key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> texts(const json::object& from, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& item : array(from, key)) {
    if (item.is_string()) out.push_back(terminal_text(std::string_view{item.get_string()}));
  }
  return out;
}

std::vector<std::string> text_blocks(const json::object& from, std::string_view key) {
  std::vector<std::string> out;
  for (const auto& item : array(from, key)) {
    if (item.is_string()) out.push_back(terminal_lines(std::string_view{item.get_string()}));
  }
  return out;
}

std::vector<const json::object*> objects(const json::object& from, std::string_view key) {
  std::vector<const json::object*> out;
  for (const auto& item : array(from, key)) {
    if (item.is_object()) out.push_back(&item.get_object());
  }
  return out;
}

const json::object& object(const json::object& from, std::string_view key) {
  static const json::object kNone;
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

std::string json_line(const json::value& document) {
  const auto text = json::serialize(document);
  std::string_view rest{text};
  std::string out;
  bool in_string = false;
  while (!rest.empty()) {
    if (!in_string && (rest.front() == '-' || is_digit(rest.front()))) {
      out += plain_number(rest);
      continue;
    }
    const auto character = first_character(rest);
    const auto bytes = rest.substr(0, character ? character->length : 1);
    rest.remove_prefix(bytes.size());
    if (bytes == "\"") in_string = !in_string;
    if (in_string && bytes == "\\") {
      out += bytes;  // with what it escapes, which Boost.JSON has made plain
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    if (character && is_plain(character->code)) {
      out += bytes;
      continue;
    }
    char escape[8];  // outside of strings a document is plain
    std::snprintf(escape, sizeof escape, "\\u%04x",
                  character ? static_cast<unsigned>(character->code) : 0xfffdU);
    out += escape;
  }
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) (out += out.empty() ? "" : ", ") += part;
  return out;
}

}  // namespace tunnel::ctl
