#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/ppp_terms.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>

/// The tun device: a network interface whose packets a process reads and writes, whole. It lives as
/// long as a descriptor of it is open, so nothing of it is left when every process that holds one
/// is dead.
namespace tunnel::tun {

/// Makes a new device and opens it, non-blocking; where the kernel can, with a header in front of
/// each packet that says what is left to do with it (IFF_VNET_HDR), which cannot be changed later.
/// Errors say what to do: the kernel has no tun, it may not be opened, the name is taken
/// (std::errc::device_or_resource_busy).
Result<UniqueFd> open_device(const InterfaceName& name);

/// What a device, and the kernel behind it, can do beyond single packets.
struct Features {
  bool header = false;  // a packet has a virtio_net_hdr in front
  bool tcp = false;     // TCP comes out, and goes in, in packets of up to 64 KiB (TSO)
  bool udp = false;     // likewise UDP (USO, Linux 6.2)

  bool operator==(const Features&) const = default;
};

/// Asks the kernel for as much as it can do, if that is wanted, and says what it is. Whoever holds
/// the descriptor may, without privilege; the kernel keeps it until it is asked again.
Features use_offloads(const UniqueFd& device, Offload wanted) noexcept;

/// The interface a descriptor belongs to; an error if it is no tun device of this kind.
Result<InterfaceName> device_name(const UniqueFd& device);

enum class Carrier : std::uint8_t { Off, On };

/// Without carrier the kernel sends nothing into the device, while its addresses and routes stay.
Result<void> set_carrier(const UniqueFd& device, Carrier carrier);

/// Off also where there is no such interface.
Carrier carrier(const InterfaceName& name) noexcept;

}  // namespace tunnel::tun
