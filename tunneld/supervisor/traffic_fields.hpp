#pragma once

#include "filter/ipmon/line_parser.hpp"
#include "tunneld/supervisor/traffic_selection.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

namespace tunnel::supervisor {

/// What a line of filter.log or nat.log can be selected by.
Traffic traffic_of(const filter::ipmon::Fields& fields);

/// The hosts in it, to find its site.
std::vector<filter::HostAddress> hosts_of(const filter::ipmon::Fields& fields);

/// What `tunnelctl log --json` has of such a line beside what every record has.
void add_fields(boost::json::object& record, const filter::ipmon::Fields& fields);

}  // namespace tunnel::supervisor
