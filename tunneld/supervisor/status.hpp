#pragma once

#include "tunneld/supervisor/site.hpp"

#include <boost/json/object.hpp>

namespace tunnel::supervisor {

/// One site as `tunnelctl status --json` shows it.
boost::json::object site_status(const Site& site);

/// Whether the site is up, or nobody wants it to be.
bool is_as_wanted(const Site& site);

}  // namespace tunnel::supervisor
