#pragma once

#include "pppd-bridge/tun/tun_device.hpp"
#include "tests/segments/reading.hpp"
#include "tests/session/wire.hpp"

#include <random>
#include <string>
#include <vector>

namespace tunnel::session::test {

using segments::test::Description;

/// What an application has the kernel send: a payload, and in segments of which size.
struct Sent {
  Description what{};
  std::uint16_t segment_size = 0;
};

/// What others see of it on a wire: cut by the textbook.
std::vector<Packet> segments_of(const Sent& sent);

/// The kernel behind the device of an end: it gives packets in the forms that the device's features
/// allow for, and reads those that come as the kernel would; everything not so is a failure.
class Kernel {
 public:
  Kernel(const End& end, tun::Features features, std::uint32_t seed)
      : end_{end}, features_{features}, random_{seed} {}

  /// Into the device: as a super-packet where it has those, else in segments, with or without their
  /// checksums.
  void put(const Sent& sent);
  /// What has come out of it, in segments.
  std::vector<Packet> take() const;

  bool takes(segments::Gso gso) const;

 private:
  void put_datagram(const segments::Offload& offload, Bytes packet) const;
  std::vector<Packet> read(Bytes datagram) const;

  const End& end_;
  tun::Features features_;
  std::mt19937 random_;
};

/// struct virtio_net_hdr (VIRTIO 1.2 §5.1.6) in ten octets.
Packet vnet_header(const segments::Offload& offload);

}  // namespace tunnel::session::test
