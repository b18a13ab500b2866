#pragma once

#include "filter/nft/ruleset.hpp"

#include <boost/json/object.hpp>

namespace tunnel::filter::nft {

/// The commands that put a table in the place of whatever has its name, in one transaction.
boost::json::object replace(const Table& table);

/// The commands that make `after` of a kernel's `before`: chains and maps that are the same keep
/// their counters. No command where nothing differs.
boost::json::object change(const Table& before, const Table& after);

/// The commands that take a table away.
boost::json::object remove(const std::string& table);

/// Whether there is anything to do.
bool empty(const boost::json::object& commands);

}  // namespace tunnel::filter::nft
