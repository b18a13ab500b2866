#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ctl {

// Reading what the daemon sends. A member that is missing, null or of another type is nothing: a
// tunnelctl of another release than the daemon's still shows what both know.

/// As the daemon sent it: to compare with, not to print.
std::string_view raw_text(const boost::json::object& from, std::string_view key);
/// Fit for a terminal; empty when there is nothing.
std::string text(const boost::json::object& from, std::string_view key);
std::optional<double> number(const boost::json::object& from, std::string_view key);
/// Zero when there is nothing, or less.
std::uint64_t count(const boost::json::object& from, std::string_view key);
bool flag(const boost::json::object& from, std::string_view key);
/// Those members of a list that are texts, fit for a terminal.
std::vector<std::string> texts(const boost::json::object& from, std::string_view key);
/// The same for texts of several lines, each.
std::vector<std::string> text_blocks(const boost::json::object& from, std::string_view key);
/// Those members of a list that are objects.
std::vector<const boost::json::object*> objects(const boost::json::object& from,
                                                std::string_view key);
/// Empty when there is nothing.
const boost::json::object& object(const boost::json::object& from, std::string_view key);

/// A document in one line, fit for a terminal: what terminal_text() escapes is \uHHHH, bytes that
/// are not UTF-8 are U+FFFD.
std::string json_line(const boost::json::value& document);

/// "a, b, c".
std::string joined(const std::vector<std::string>& parts);

}  // namespace tunnel::ctl
