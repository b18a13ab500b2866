#include "tests/session/kernel.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tunnel::session::test {

namespace {

using segments::Checksum;
using segments::Cwr;
using segments::Gso;
using segments::Offload;
using segments::test::append;
using segments::test::build;
using segments::test::build_partial;
using segments::test::cut;
using segments::test::offload_of;
using segments::test::pieces_of;
using segments::test::read_description;

constexpr std::size_t kVnetHeader = 10;
constexpr std::uint8_t kNeedsChecksum = 1;
constexpr std::uint8_t kEcn = 0x80;

std::uint8_t type_of(Gso gso) {
  switch (gso) {
    case Gso::None:
      return 0;
    case Gso::Tcp4:
      return 1;
    case Gso::Tcp6:
      return 4;
    case Gso::Udp:
      return 5;
  }
  return 0;
}

}  // namespace

std::vector<Packet> segments_of(const Sent& sent) {
  if (sent.what.payload.empty()) return {build(sent.what)};
  return cut(sent.what, sent.segment_size);
}

Packet vnet_header(const Offload& offload) {
  Packet header(kVnetHeader, 0);
  if (offload.checksum == Checksum::Partial) header[0] = kNeedsChecksum;
  header[1] = type_of(offload.gso);
  if (offload.cwr == Cwr::Set) header[1] |= kEcn;
  std::size_t place = 2;
  for (const auto field : {offload.header_size, offload.segment_size, offload.checksum_start,
                           offload.checksum_offset}) {
    header[place] = static_cast<std::uint8_t>(field);
    header[place + 1] = static_cast<std::uint8_t>(field >> 8);
    place += 2;
  }
  return header;
}

bool Kernel::takes(Gso gso) const {
  return gso == Gso::Udp ? features_.udp : features_.tcp;
}

void Kernel::put_datagram(const Offload& offload, Bytes packet) const {
  Packet datagram;
  if (features_.header) datagram = vnet_header(offload);
  append(datagram, packet);
  EXPECT_TRUE(end_.put(datagram)) << "the socket is full";
}

void Kernel::put(const Sent& sent) {
  const auto& what = sent.what;
  if (takes(what.kind) && what.payload.size() > sent.segment_size) {
    return put_datagram(offload_of(what, what.kind, sent.segment_size), build_partial(what));
  }
  const auto pieces = what.payload.empty() ? std::vector{what} : pieces_of(what, sent.segment_size);
  for (const auto& piece : pieces) {
    if (features_.tcp && random_() % 2 == 0) {
      put_datagram(offload_of(piece, Gso::None, 0), build_partial(piece));
    } else {
      put_datagram({}, build(piece));
    }
  }
}

std::vector<Packet> Kernel::take() const {
  std::vector<Packet> all;
  for (const auto& datagram : end_.take()) {
    for (auto& packet : read(datagram)) all.push_back(std::move(packet));
  }
  return all;
}

/// Octets and header are what the description of the whole would have them be; so its lengths are
/// right, and the sum of its pseudo-header is.
std::vector<Packet> Kernel::read(Bytes datagram) const {
  if (!features_.header) return {Packet{datagram.begin(), datagram.end()}};
  const auto header = datagram.first(kVnetHeader);
  const auto octets = datagram.subspan(kVnetHeader);
  const Packet packet{octets.begin(), octets.end()};
  if (std::ranges::equal(header, vnet_header({}))) return {packet};
  const auto what = read_description(packet);
  EXPECT_EQ(packet, build_partial(what));
  const auto gso = header[1] == 0 ? Gso::None : what.kind;
  EXPECT_TRUE(gso == Gso::None || takes(gso));
  const auto size = static_cast<std::uint16_t>(header[4] | header[5] << 8);
  EXPECT_TRUE(std::ranges::equal(header, vnet_header(offload_of(what, gso, size))));
  if (gso == Gso::None || size == 0) return {build(what)};
  return cut(what, size);
}

}  // namespace tunnel::session::test
