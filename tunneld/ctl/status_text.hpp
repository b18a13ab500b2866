#pragma once

#include <boost/json/object.hpp>

#include <cstdint>
#include <string>

namespace tunnel::ctl {

/// How much a status says of each site: where one alone was asked for, how its queue is as well.
enum class Detail : std::uint8_t { AllSites, OneSite };

/// The daemon's status for a reader: a line on the daemon, and a paragraph a site.
std::string status_text(const boost::json::object& status, Detail detail);

/// One site in one line: "labs (Labs Network): up for 2h 3m, since 2005-04-13 15:02:11".
std::string headline(const boost::json::object& site);

/// A change of state in one line: "labs: connect -> waiting for 2s (connection refused)".
std::string change_text(const boost::json::object& change);

}  // namespace tunnel::ctl
