#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/ipc/messages.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// How each type of field is written and read. A `get` that returns false has met a field that is
/// cut off or out of range; what it leaves behind is not to be used.
namespace tunnel::ipc {

inline void put(ByteWriter& out, std::uint8_t value) {
  out.u8(value);
}

inline void put(ByteWriter& out, std::uint16_t value) {
  out.u16(value);
}

inline void put(ByteWriter& out, std::uint32_t value) {
  out.u32(value);
}

inline void put(ByteWriter& out, std::uint64_t value) {
  out.u64(value);
}

void put(ByteWriter& out, const std::string& text);
void put(ByteWriter& out, const SiteName& site);
void put(ByteWriter& out, const InterfaceName& name);
void put(ByteWriter& out, Ipv4Address address);
void put(ByteWriter& out, const Ipv6Address& address);
void put(ByteWriter& out, AddressWish wish);
void put(ByteWriter& out, InterfaceId id);
void put(ByteWriter& out, const Prefix& prefix);
void put(ByteWriter& out, Mru mru);
void put(ByteWriter& out, std::chrono::milliseconds duration);

bool get(ByteReader& in, std::uint8_t& value);
bool get(ByteReader& in, std::uint16_t& value);
bool get(ByteReader& in, std::uint32_t& value);
bool get(ByteReader& in, std::uint64_t& value);
bool get(ByteReader& in, std::string& text);
bool get(ByteReader& in, SiteName& site);
bool get(ByteReader& in, InterfaceName& name);
bool get(ByteReader& in, Ipv4Address& address);
bool get(ByteReader& in, Ipv6Address& address);
bool get(ByteReader& in, AddressWish& wish);
bool get(ByteReader& in, InterfaceId& id);
bool get(ByteReader& in, Prefix& prefix);
bool get(ByteReader& in, Mru& mru);
bool get(ByteReader& in, std::chrono::milliseconds& duration);

/// The last enumerator of each enumeration that travels.
constexpr Stage last(Stage) {
  return kLastStage;
}

constexpr SshClient last(SshClient) {
  return SshClient::Openssh;
}

constexpr Role last(Role) {
  return Role::Answer;
}

constexpr Permanence last(Permanence) {
  return Permanence::Abusive;
}

constexpr Layer last(Layer) {
  return kLastLayer;
}

constexpr Policy last(Policy) {
  return Policy::Require;
}

constexpr AuthMethod last(AuthMethod) {
  return AuthMethod::MsChapV2;
}

constexpr Compression last(Compression) {
  return Compression::Deflate;
}

constexpr Fcs last(Fcs) {
  return Fcs::Ccitt32;
}

constexpr Offload last(Offload) {
  return Offload::Use;
}

constexpr ClampMss last(ClampMss) {
  return ClampMss::Yes;
}

constexpr Direction last(Direction) {
  return Direction::Sent;
}

constexpr TraceScope last(TraceScope) {
  return TraceScope::All;
}

constexpr AuthOutcome last(AuthOutcome) {
  return AuthOutcome::Accepted;
}

template <typename Enum>
requires std::is_enum_v<Enum>

void put(ByteWriter& out, Enum value) {
  out.u8(static_cast<std::uint8_t>(value));
}

template <typename Enum>
requires std::is_enum_v<Enum>

bool get(ByteReader& in, Enum& value) {
  const auto raw = in.u8();
  if (!raw || *raw > static_cast<std::uint8_t>(last(value))) return false;
  value = static_cast<Enum>(*raw);
  return true;
}

}  // namespace tunnel::ipc
