// The Inflater: any octets as compressed and other packets. What comes out is within the limit.
// What a Deflater has made comes out as it was.

#include "pppd-bridge/ppp/deflate.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <vector>

namespace tunnel::ppp {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kProtocolField = 2;

/// What a peer writes, packet by packet.
void read_anything(DeflateWindow window, std::size_t limit, fuzz::Input& in) {
  Inflater inflater{window, limit};
  std::uint16_t sequence = 0;
  while (!in.empty()) {
    const auto kind = in.below(8);
    const auto data = in.take(in.u8());
    if (kind == 0) {
      inflater.reset();
      sequence = 0;
    } else if (kind == 1) {
      if (inflater.note_uncompressed(Protocol::Ipv4, data)) ++sequence;
    } else {
      Octets information;
      if (kind > 2) {  // in sequence, so that most get as far as zlib
        information = {static_cast<std::uint8_t>(sequence >> 8),
                       static_cast<std::uint8_t>(sequence)};
      }
      information.insert(information.end(), data.begin(), data.end());
      const auto content = inflater.decompress(information);
      TUNNEL_CHECK(!content || (inflater.intact() && content->size() <= limit + kProtocolField));
      if (content) ++sequence;
    }
    if (!inflater.intact()) TUNNEL_CHECK(!inflater.decompress(Octets{0, 0, 1}));
  }
}

void check_crossing(Deflater& deflater, Inflater& inflater, Bytes packet) {
  const auto compressed = deflater.compress(Protocol::Ipv4, packet);
  if (!compressed) {
    TUNNEL_CHECK(inflater.note_uncompressed(Protocol::Ipv4, packet));
    return;
  }
  const auto content = inflater.decompress(*compressed);
  TUNNEL_CHECK(content && content->size() > packet.size());
  const auto given = content->last(packet.size());
  TUNNEL_CHECK(std::equal(given.begin(), given.end(), packet.begin(), packet.end()));
}

void cross(DeflateWindow window, std::size_t limit, fuzz::Input& in) {
  Deflater deflater{window};
  Inflater inflater{window, limit};
  while (!in.empty()) {
    const auto repeat = 1U + in.below(4);
    const auto piece = in.take(in.u8());
    Octets packet;
    for (unsigned i = 0; i < repeat; ++i) packet.insert(packet.end(), piece.begin(), piece.end());
    packet.resize(std::min(packet.size(), limit));
    if (!packet.empty()) check_crossing(deflater, inflater, packet);
  }
}

}  // namespace
}  // namespace tunnel::ppp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ppp;
  tunnel::fuzz::Input in{{data, size}};
  const auto way = in.below(4);
  const DeflateWindow window{static_cast<std::uint8_t>(9 + in.below(7))};
  const std::size_t limit = 64 + in.below(2000);
  if (way == 0) {
    cross(window, limit, in);
  } else {
    read_anything(window, limit, in);
  }
  return 0;
}
