#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>

/// The tun device: a network interface whose packets a process reads and writes, whole, without a
/// header in front. It lives as long as a descriptor of it is open, so nothing of it is left when
/// every process that holds one is dead.
namespace tunnel::tun {

/// Makes a new device and opens it, non-blocking. Errors say what to do: the kernel has no tun, it
/// may not be opened, the name is taken (std::errc::device_or_resource_busy).
Result<UniqueFd> open_device(const InterfaceName& name);

/// The interface a descriptor belongs to; an error if it is no tun device of this kind.
Result<InterfaceName> device_name(const UniqueFd& device);

enum class Carrier : std::uint8_t { Off, On };

/// Without carrier the kernel sends nothing into the device, while its addresses and routes stay.
Result<void> set_carrier(const UniqueFd& device, Carrier carrier);

}  // namespace tunnel::tun
