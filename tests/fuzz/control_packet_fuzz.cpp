// The parsers of control packets and options, and the words for them: any octets as a packet of any
// protocol. What they find lies in the packet; the words are printable and bounded.

#include "pppd-bridge/ppp/auth_method.hpp"
#include "pppd-bridge/ppp/ccp.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/ipcp.hpp"
#include "pppd-bridge/ppp/ipv6cp.hpp"
#include "pppd-bridge/ppp/lcp_options.hpp"
#include "pppd-bridge/ppp/packet_text.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace tunnel::ppp {
namespace {

constexpr std::array kProtocols{Protocol::Lcp, Protocol::Ipcp, Protocol::Ipv6cp,
                                Protocol::Ccp, Protocol::Pap,  Protocol::Chap,
                                Protocol::Lqr, Protocol::Ipv4, Protocol{0xc227}};

/// Printable, but for the mark of what was left out.
void check_words(std::string words, std::size_t packet_size) {
  // Four characters for an escaped octet; a name and decimal digits for an option of two.
  TUNNEL_CHECK(words.size() <= 100 + 40 * packet_size);
  constexpr std::string_view kLeftOut = "…";
  for (auto at = words.find(kLeftOut); at != words.npos; at = words.find(kLeftOut)) {
    words.erase(at, kLeftOut.size());
  }
  for (const char c : words) TUNNEL_CHECK(c >= ' ' && c <= '~');
}

void check_option(Protocol protocol, const RawOption& option) {
  TUNNEL_CHECK(option.wire.size() == option.data.size() + kOptionHeader);
  check_words(describe_option(protocol, option), option.wire.size());
  if (const auto parsed = parse_lcp_option(option)) {
    ByteWriter out;
    write_lcp_option(out, *parsed);
    TUNNEL_CHECK(
        std::equal(option.wire.begin(), option.wire.end(), out.view().begin(), out.view().end()));
  }
  if (const auto method = parse_auth_option(option)) {
    const auto data = auth_option_data(*method);
    TUNNEL_CHECK(std::equal(option.data.begin(), option.data.end(), data.begin(), data.end()));
  }
  if (const auto extensions = parse_vendor_option(option)) {
    ByteWriter out;
    write_vendor_option(out, *extensions);
    TUNNEL_CHECK(out.view().size() == option.wire.size());
  }
  if (const auto window = parse_deflate_option(option)) {
    TUNNEL_CHECK(window->bits >= 8 &&
                 window->bits <= 23);  // as the field says; more than 15 is Nak'd
  }
  check_words(describe_auth_option(option), option.wire.size());
  if (parse_address_option(option)) TUNNEL_CHECK(option.data.size() == kIpAddressWidth);
  if (parse_interface_identifier(option)) TUNNEL_CHECK(option.data.size() == 8);
}

void check_options(Protocol protocol, Bytes options) {
  std::size_t taken = 0;
  OptionReader in{options};
  while (const auto option = in.next()) {
    taken += option->wire.size();
    TUNNEL_CHECK(taken <= options.size());
    check_option(protocol, *option);
  }
  TUNNEL_CHECK(OptionReader::well_formed(options) == (taken == options.size()));
}

}  // namespace
}  // namespace tunnel::ppp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ppp;
  tunnel::fuzz::Input in{{data, size}};
  const auto protocol = kProtocols[in.below(kProtocols.size())];
  const auto wire = in.rest();
  check_words(describe_packet(protocol, wire), wire.size());
  check_options(protocol, wire);
  const auto packet = parse_control_packet(wire);
  if (!packet) return 0;
  TUNNEL_CHECK(packet->wire.size() <= wire.size());
  TUNNEL_CHECK(packet->data.size() + kControlHeader == packet->wire.size());
  const auto again = build_control_packet(packet->code, packet->id, packet->data);
  TUNNEL_CHECK(std::equal(again.begin(), again.end(), packet->wire.begin(), packet->wire.end()));
  check_options(protocol, packet->data);
  return 0;
}
