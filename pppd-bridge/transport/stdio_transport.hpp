#pragma once

#include "pppd-bridge/transport/transport.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <memory>

namespace tunnel::transport {

/// A stream over two descriptors: pipes, sockets (sshd gives either) or a terminal in raw mode;
/// both may name the same open file. They are made non-blocking, which whoever shares their open
/// file sees too, so the former flags are put back at destruction. Pipes are enlarged where the
/// system allows it. Ignores SIGPIPE in this process from now on.
Result<std::unique_ptr<Transport>> stdio_transport(UniqueFd in, UniqueFd out);

}  // namespace tunnel::transport
