#pragma once

#include "filter/packet/packet.hpp"
#include "tests/support/sites.hpp"
#include "tests/support/wire.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::test {

// Packets that no program would send, and how they are found again.

/// The octets of what is written in the form of `tunnelctl filter test`, but for the "in on tun0 ":
/// "tcp 192.168.1.215,1024 192.168.253.1,23 S". Throws for what is none.
std::vector<std::uint8_t> octets_of(const std::string& text);

/// An IPv4 packet in two parts (RFC 791 §2.3), of which the first has so many octets behind its
/// header: a multiple of eight.
std::vector<std::vector<std::uint8_t>> in_two(Bytes packet, std::uint16_t first);

/// The IPv4 packets that came to the node the frames were seen on.
std::vector<filter::packet::Packet> packets_in(const std::vector<Frame>& frames);

/// "192.168.253.4 -> 192.168.253.1,23 S" of each that is of TCP, with "fragment" behind the
/// addresses of one that is not the first: who sends it and to which port, but not from which one,
/// which NAPT may choose by chance.
std::vector<std::string> segments_in(const std::vector<Frame>& frames);

/// Puts packets into a device of a node, past its rules and routes: the way of a host that has got
/// hold of the gateway itself.
class Injector {
 public:
  Injector(const World& world, const std::string& node, const std::string& device);

  void send(Bytes packet) const;

 private:
  UniqueFd socket_;
};

}  // namespace tunnel::test
