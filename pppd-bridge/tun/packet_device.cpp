#include "pppd-bridge/tun/packet_device.hpp"

#include "pppd-bridge/segments/vnet_header.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tunnel::tun {

using segments::Gso;
using segments::kVnetHeaderSize;
using segments::Offload;

PacketDevice::Arrival PacketDevice::read(MutableBytes into) const noexcept {
  std::array<std::uint8_t, kVnetHeaderSize> header{};
  const auto ahead = features_.header ? header.size() : 0;
  std::array<iovec, 2> parts{{{header.data(), ahead}, {into.data(), into.size()}}};
  ssize_t got = 0;
  do {
    got = ::readv(device_.get(), parts.data(), static_cast<int>(parts.size()));
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return {.status = Status::Nothing};
  if (got <= 0) return {.status = Status::Gone};
  const auto octets = static_cast<std::size_t>(got);
  if (octets < ahead) return {.status = Status::Odd};
  if (ahead == 0) return {.status = Status::Packet, .size = octets};
  const auto offload = segments::read_vnet_header(header);
  if (!offload) return {.status = Status::Odd};
  return {.status = Status::Packet, .size = octets - ahead, .offload = *offload};
}

bool PacketDevice::write(Bytes packet, const Offload& offload) const noexcept {
  if (!features_.header) return ::write(device_.get(), packet.data(), packet.size()) >= 0;
  std::array<std::uint8_t, kVnetHeaderSize> header{};
  segments::write_vnet_header(offload, header);
  // writev() only reads what it is given, whatever the type of an iovec says.
  std::array<iovec, 2> parts{
      {{header.data(), header.size()}, {const_cast<std::uint8_t*>(packet.data()), packet.size()}}};
  return ::writev(device_.get(), parts.data(), static_cast<int>(parts.size())) >= 0;
}

bool PacketDevice::takes(Gso gso) const noexcept {
  switch (gso) {
    case Gso::None:
      return true;
    case Gso::Tcp4:
    case Gso::Tcp6:
      return features_.tcp;
    case Gso::Udp:
      return features_.udp;
  }
  return false;
}

}  // namespace tunnel::tun
