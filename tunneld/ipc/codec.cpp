#include "tunneld/ipc/codec.hpp"

#include <limits>
#include <string_view>

namespace tunnel::ipc {

namespace {

template <typename Value>
bool store(Value& into, std::optional<Value> read) {
  if (!read) return false;
  into = *read;
  return true;
}

bool get_text(ByteReader& in, std::size_t limit, std::string& text) {
  const auto length = in.u16();
  if (!length || *length > limit) return false;
  const auto bytes = in.take(*length);
  if (!bytes) return false;
  text.assign(bytes->begin(), bytes->end());
  return true;
}

void put_text(ByteWriter& out, std::string_view text) {
  out.u16(static_cast<std::uint16_t>(text.size()));
  for (const char c : text) out.u8(static_cast<std::uint8_t>(c));
}

}  // namespace

void put(ByteWriter& out, const std::string& text) {
  put_text(out, std::string_view{text}.substr(0, kMaxText));
}

void put(ByteWriter& out, const SiteName& site) {
  put_text(out, site.str());
}

void put(ByteWriter& out, const InterfaceName& name) {
  put_text(out, name.str());
}

void put(ByteWriter& out, Ipv4Address address) {
  out.u32(address.value);
}

void put(ByteWriter& out, const Ipv6Address& address) {
  out.bytes(address.bytes);
}

void put(ByteWriter& out, AddressWish wish) {
  put(out, wish.preferred);
  out.u8(wish.length);
}

void put(ByteWriter& out, InterfaceId id) {
  out.u64(id.value);
}

void put(ByteWriter& out, const Prefix& prefix) {
  out.u8(static_cast<std::uint8_t>(prefix.family()));
  out.u8(prefix.length());
  out.bytes(prefix.address_bytes());
}

void put(ByteWriter& out, Mru mru) {
  out.u16(mru.bytes);
}

void put(ByteWriter& out, std::chrono::milliseconds duration) {
  out.u64(static_cast<std::uint64_t>(duration.count()));
}

bool get(ByteReader& in, std::uint8_t& value) {
  return store(value, in.u8());
}

bool get(ByteReader& in, std::uint16_t& value) {
  return store(value, in.u16());
}

bool get(ByteReader& in, std::uint32_t& value) {
  return store(value, in.u32());
}

bool get(ByteReader& in, std::uint64_t& value) {
  return store(value, in.u64());
}

bool get(ByteReader& in, std::string& text) {
  return get_text(in, kMaxText, text);
}

bool get(ByteReader& in, SiteName& site) {
  std::string text;
  return get_text(in, SiteName::kMaxLength, text) && store(site, SiteName::parse(text));
}

bool get(ByteReader& in, InterfaceName& name) {
  std::string text;
  return get_text(in, InterfaceName::kMaxLength, text) && store(name, InterfaceName::parse(text));
}

bool get(ByteReader& in, Ipv4Address& address) {
  return get(in, address.value);
}

bool get(ByteReader& in, Ipv6Address& address) {
  const auto bytes = in.take(address.bytes.size());
  if (!bytes) return false;
  std::copy(bytes->begin(), bytes->end(), address.bytes.begin());
  return true;
}

bool get(ByteReader& in, AddressWish& wish) {
  return get(in, wish.preferred) && get(in, wish.length) && wish.length <= 32;
}

bool get(ByteReader& in, InterfaceId& id) {
  return get(in, id.value);
}

bool get(ByteReader& in, Prefix& prefix) {
  const auto family = in.u8();
  const auto length = in.u8();
  if (!length) return false;
  if (*family == static_cast<std::uint8_t>(Family::Ipv4)) {
    Ipv4Address address;
    return get(in, address) && store(prefix, Prefix::make(address, *length));
  }
  if (*family != static_cast<std::uint8_t>(Family::Ipv6)) return false;
  Ipv6Address address;
  return get(in, address) && store(prefix, Prefix::make(address, *length));
}

bool get(ByteReader& in, Mru& mru) {
  return get(in, mru.bytes);
}

bool get(ByteReader& in, std::chrono::milliseconds& duration) {
  std::uint64_t count = 0;
  constexpr auto kMost =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / 1000000);
  if (!get(in, count) || count > kMost) return false;  // also fits in nanoseconds
  duration = std::chrono::milliseconds{static_cast<std::int64_t>(count)};
  return true;
}

}  // namespace tunnel::ipc
