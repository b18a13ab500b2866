// Messages between tunneld and its bridges, and those for tickets: any octets as a datagram. What a
// decoder takes, it takes whole: encoded again it is the same datagram.

#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/ipc/messages.hpp"
#include "tunneld/ipc/ticket.hpp"

#include <algorithm>
#include <optional>

namespace tunnel::ipc {
namespace {

template <typename Message>
void check(const std::optional<Message>& message, Bytes datagram) {
  if (!message) return;
  const auto again = encode(*message);
  TUNNEL_CHECK(std::equal(again.begin(), again.end(), datagram.begin(), datagram.end()));
}

}  // namespace
}  // namespace tunnel::ipc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::ipc;
  tunnel::fuzz::Input in{{data, size}};
  const auto kind = in.below(4);
  const auto datagram = in.rest();
  if (kind == 0) check(decode_to_bridge(datagram), datagram);
  if (kind == 1) check(decode_from_bridge(datagram), datagram);
  if (kind == 2) check(decode_ticket_wanted(datagram), datagram);
  if (kind == 3) check(decode_ticket_answer(datagram), datagram);
  return 0;
}
