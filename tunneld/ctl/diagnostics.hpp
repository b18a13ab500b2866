#pragma once

#include "tunneld/base/diagnostic.hpp"

#include <boost/json/array.hpp>

#include <string>
#include <vector>

namespace tunnel::ctl {

/// Mistakes in files, each with its line and caret, and how many there are.
std::string mistakes_text(const std::vector<Diagnostic>& mistakes);

boost::json::array mistakes_json(const std::vector<Diagnostic>& mistakes);

}  // namespace tunnel::ctl
