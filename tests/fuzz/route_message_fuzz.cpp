// What the kernel says of links, addresses and routes: read as a whole message or not at all.

#include "routes/messages.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <string>
#include <vector>

namespace tunnel::routes::messages {
namespace {

bool is_text(const std::string& text) {
  return text.find('\0') == std::string::npos;
}

void check_link(Bytes message) {
  const auto link = decode_link(message);
  if (!link) return;
  TUNNEL_CHECK(is_text(link->name) && is_text(link->alias));
  TUNNEL_CHECK(link->name.size() <= message.size() && link->alias.size() <= message.size());
}

void check_address(Bytes message) {
  const auto address = decode_address(message);
  if (!address) return;
  TUNNEL_CHECK(address->length <= Prefix::max_length(address->family()));
}

void check_route(Bytes message) {
  const auto route = decode_route(message);
  if (!route) return;
  TUNNEL_CHECK(route->to.length() <= Prefix::max_length(route->to.family()));
  TUNNEL_CHECK(Prefix::parse(route->to.str()) == route->to);
}

void check(Bytes message) {
  check_link(message);
  check_address(message);
  check_route(message);
}

/// The length that a message says it has; a decoder must want all of it.
void check_cut(Bytes message) {
  if (message.size() < 4) return;
  for (std::size_t length = 0; length < message.size(); length += 1 + length / 16) {
    check(message.first(length));
  }
}

}  // namespace
}  // namespace tunnel::routes::messages

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Aligned as the kernel gives it, and with nothing behind its end.
  const std::vector<std::uint8_t> message(data, data + size);
  tunnel::routes::messages::check({message.data(), message.size()});
  tunnel::routes::messages::check_cut({message.data(), message.size()});
  return 0;
}
