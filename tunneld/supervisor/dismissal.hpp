#pragma once

#include "tunneld/supervisor/site.hpp"

#include <boost/asio/io_context.hpp>

#include <string>

namespace tunnel::supervisor {

/// Sends a bridge of an earlier tunneld away that is nobody's any more. It is told why, and has a
/// few seconds to close its link in good order; it has the tun device, so its word that it goes is
/// not enough: it is killed then, or when the io_context goes.
void dismiss(boost::asio::io_context& context, Caller caller, const std::string& reason);

}  // namespace tunnel::supervisor
