#pragma once

#include "pppd-bridge/segments/offload.hpp"
#include "pppd-bridge/tun/tun_device.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tunnel::tun {

/// The packets of an open tun device, one a call: with what is left to do with them where the
/// device has a header for that, and as they would be on a wire where it has none.
class PacketDevice {
 public:
  /// `features` are those of use_offloads().
  PacketDevice(UniqueFd device, Features features) noexcept
      : device_{std::move(device)}, features_{features} {}

  enum class Status : std::uint8_t {
    Packet,
    Odd,      // one whose metadata nobody has asked for: taken, and not to be had
    Nothing,  // none waits
    Gone,     // the device is there no more
  };

  struct Arrival {
    Status status = Status::Nothing;
    std::size_t size = 0;
    segments::Offload offload{};
  };

  /// Takes one packet into `into`, which should have room for 65535 octets.
  Arrival read(MutableBytes into) const noexcept;

  /// Gives the kernel one packet, which takes what features() say. False: it did not take it.
  bool write(Bytes packet, const segments::Offload& offload) const noexcept;

  /// Whether the kernel takes such a packet as a whole.
  bool takes(segments::Gso gso) const noexcept;

  const Features& features() const noexcept { return features_; }

  const UniqueFd& fd() const noexcept { return device_; }

 private:
  UniqueFd device_;
  Features features_;
};

}  // namespace tunnel::tun
