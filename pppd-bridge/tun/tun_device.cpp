#include "pppd-bridge/tun/tun_device.hpp"

#include "pppd-bridge/segments/vnet_header.hpp"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace tunnel::tun {

namespace {

constexpr auto kControlDevice = "/dev/net/tun";
constexpr short kPlainPackets = IFF_TUN | IFF_NO_PI;

/// Linux 6.2 and later; not in the headers of Debian 12.
constexpr unsigned kUso4 = 0x20;
constexpr unsigned kUso6 = 0x40;
constexpr unsigned kTso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;

Error open_error() {
  auto error = errno_error(std::string{"open "} + kControlDevice);
  switch (errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      error.context =
          "the kernel offers no tun device (/dev/net/tun is missing): load it with `modprobe tun`, "
          "or give it to the container (--device /dev/net/tun)";
      break;
    case EACCES:
    case EPERM:
      error.context =
          "may not open /dev/net/tun: the node should have mode 0666 (`chmod 0666 /dev/net/tun`), "
          "and the service or container must be allowed the device (DeviceAllow=/dev/net/tun rw)";
      break;
    default:
      break;
  }
  return error;
}

Error attach_error(const InterfaceName& name) {
  auto error = errno_error("make the tun device " + name.str());
  if (errno == EBUSY) {
    return make_error(std::errc::device_or_resource_busy,
                      "the interface name " + name.str() +
                          " is taken: another program has it; choose another (`interface` in "
                          "[ppp], or --interface), or remove that interface");
  }
  if (errno == EINVAL) {
    return make_error(std::errc::device_or_resource_busy,
                      "the interface name " + name.str() +
                          " is taken by a device that is not a tun; choose another (`interface` in "
                          "[ppp], or --interface)");
  }
  if (errno == EPERM) error.context += " (CAP_NET_ADMIN is needed)";
  return error;
}

/// virtio's header of the first version, little-endian on every machine.
Result<void> set_header_format(const UniqueFd& device, bool header) {
  if (!header) return {};
  int size = segments::kVnetHeaderSize;
  int little_endian = 1;
  if (::ioctl(device.get(), TUNSETVNETHDRSZ, &size) < 0 ||
      ::ioctl(device.get(), TUNSETVNETLE, &little_endian) < 0) {
    return errno_error("set the packet header of a tun device");
  }
  return {};
}

}  // namespace

Result<UniqueFd> open_device(const InterfaceName& name) {
  UniqueFd device{::open(kControlDevice, O_RDWR | O_CLOEXEC | O_NONBLOCK)};
  if (!device) return open_error();
  unsigned known = 0;
  if (::ioctl(device.get(), TUNGETFEATURES, &known) < 0) return errno_error("ask what tun can do");
  const auto header = static_cast<short>(known & IFF_VNET_HDR);
  ifreq request{};
  std::copy(name.str().begin(), name.str().end(), request.ifr_name);
  // Exclusive: a persistent device of that name belongs to somebody else.
  request.ifr_flags = static_cast<short>(kPlainPackets | IFF_TUN_EXCL | header);
  if (::ioctl(device.get(), TUNSETIFF, &request) < 0) return attach_error(name);
  if (auto done = set_header_format(device, header != 0); !done) return done.error();
  return device;
}

Features use_offloads(const UniqueFd& device, Offload wanted) noexcept {
  ifreq request{};
  Features features;
  features.header =
      ::ioctl(device.get(), TUNGETIFF, &request) == 0 && (request.ifr_flags & IFF_VNET_HDR) != 0;
  if (!features.header) return features;
  const auto accepts = [&device](unsigned offloads) {
    return ::ioctl(device.get(), TUNSETOFFLOAD, offloads) == 0;
  };
  if (wanted == Offload::Avoid) {
    accepts(0);
    return features;
  }
  features.udp = accepts(kTso | kUso4 | kUso6);
  features.tcp = features.udp || accepts(kTso);
  return features;
}

Result<InterfaceName> device_name(const UniqueFd& device) {
  ifreq request{};
  if (::ioctl(device.get(), TUNGETIFF, &request) < 0) return errno_error("ask for a tun's name");
  const bool plain = (request.ifr_flags & kPlainPackets) == kPlainPackets;
  const auto* end = std::find(std::begin(request.ifr_name), std::end(request.ifr_name), '\0');
  const auto name = InterfaceName::parse({std::begin(request.ifr_name), end});
  if (!plain || !name) {
    return make_error(std::errc::invalid_argument, "a descriptor is not a tun device of ours");
  }
  return *name;
}

Result<void> set_carrier(const UniqueFd& device, Carrier carrier) {
  int on = carrier == Carrier::On ? 1 : 0;
  if (::ioctl(device.get(), TUNSETCARRIER, &on) < 0) {
    return errno_error("switch the carrier of a tun device");
  }
  return {};
}

/// By ethtool, which tells what was switched, and not what the interface made of it so far.
Carrier carrier(const InterfaceName& name) noexcept {
  const UniqueFd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  ethtool_value link{ETHTOOL_GLINK, 0};
  ifreq request{};
  std::copy(name.str().begin(), name.str().end(), request.ifr_name);
  request.ifr_data = static_cast<char*>(static_cast<void*>(&link));
  const bool known = socket && ::ioctl(socket.get(), SIOCETHTOOL, &request) == 0;
  return known && link.data != 0 ? Carrier::On : Carrier::Off;
}

}  // namespace tunnel::tun
