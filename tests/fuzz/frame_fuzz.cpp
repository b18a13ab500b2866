// parse_frame(): any octets; what it finds lies in them, and writes back to a frame that says the
// same.

#include "pppd-bridge/ppp/frame.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <vector>

namespace tunnel::ppp {
namespace {

bool within(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_round_trip(const Frame& frame, const TransmitFormat& format) {
  const auto header = write_header(format, frame.protocol);
  const auto octets = header.bytes();
  std::vector<std::uint8_t> content{octets.begin(), octets.end()};
  content.insert(content.end(), frame.payload.begin(), frame.payload.end());
  const auto again = parse_frame(content);
  TUNNEL_CHECK(again && again->protocol == frame.protocol);
  TUNNEL_CHECK(std::equal(again->payload.begin(), again->payload.end(), frame.payload.begin(),
                          frame.payload.end()));
}

}  // namespace
}  // namespace tunnel::ppp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ppp;
  const tunnel::Bytes content{data, size};
  const auto frame = parse_frame(content);
  if (!frame) return 0;
  TUNNEL_CHECK(within(frame->payload, content));
  TUNNEL_CHECK(frame->payload.size() + 1 <= size);
  const auto protocol = static_cast<std::uint16_t>(frame->protocol);
  TUNNEL_CHECK((protocol & 1U) != 0);
  // An octet that means "compressed" cannot stand in front of a whole field (RFC 1661 §2).
  if ((protocol & 0x0100U) != 0) return 0;
  check_round_trip(*frame, {});
  check_round_trip(*frame, {0, Compress::Yes, Compress::No, tunnel::Fcs::Ccitt16});
  // Without address and control, 0x00ff before an octet 03 would be taken for them, which is why no
  // protocol has that number (RFC 1662 §3.1).
  if (protocol == 0x00ff) return 0;
  check_round_trip(*frame, {0, Compress::Yes, Compress::Yes, tunnel::Fcs::Ccitt16});
  return 0;
}
