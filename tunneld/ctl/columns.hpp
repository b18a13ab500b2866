#pragma once

#include <string>
#include <vector>

namespace tunnel::ctl {

using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell; the first row is the heading.
std::string table(const Rows& rows);

/// "-" for an empty cell, so that columns can be counted by awk.
std::string cell(std::string value);

}  // namespace tunnel::ctl
