#include "tunneld/ipc/messages.hpp"

#include "tunneld/ipc/codec.hpp"

#include <type_traits>
#include <utility>

namespace tunnel::ipc {

namespace {

/// The fields of every message, once: both the encoder and the decoder go through this list, so
/// that neither can forget one. `visit` is called with every field, in wire order.
template <typename Message, typename Visit>
void fields(Message& m, Visit&& visit) {
  using T = std::remove_const_t<Message>;
  if constexpr (std::is_same_v<T, DialSettings>) {
    visit(m.host, m.port, m.user, m.host_keys, m.client, m.ssh_config);
  } else if constexpr (std::is_same_v<T, Settings>) {
    visit(m.version, m.site, m.interface, m.local, m.remote, m.mru, m.ident, m.echo_interval,
          m.echo_failures, m.networks, m.bridge_socket, m.dial, m.credentials);
  } else if constexpr (std::is_same_v<T, Refused> || std::is_same_v<T, Shutdown>) {
    visit(m.reason);
  } else if constexpr (std::is_same_v<T, Claim>) {
    visit(m.version, m.site, m.peer, m.key);
  } else if constexpr (std::is_same_v<T, LinkUp>) {
    visit(m.local, m.remote, m.receive_mru, m.transmit_mru, m.transport);
  } else if constexpr (std::is_same_v<T, Adopt>) {
    visit(m.version, m.site, m.role, m.peer, m.key, m.settings, m.up, m.up_for);
  } else if constexpr (std::is_same_v<T, StageReached>) {
    visit(m.stage, m.detail);
  } else if constexpr (std::is_same_v<T, LinkDown>) {
    visit(m.permanence, m.reason);
  } else if constexpr (std::is_same_v<T, Statistics>) {
    visit(m.packets_in, m.bytes_in, m.packets_out, m.bytes_out, m.dropped_source,
          m.dropped_malformed, m.dropped_too_big, m.dropped_down, m.dropped_tun, m.bad_frames,
          m.wire_bytes_in, m.wire_bytes_out, m.round_trip_us);
  } else if constexpr (std::is_same_v<T, PppEvent>) {
    visit(m.layer, m.text);
  } else {
    static_assert(std::is_same_v<T, RemoteText>);
    visit(m.text);
  }
}

template <typename T>
constexpr bool kIsMessage =
    std::is_same_v<T, DialSettings> || std::is_same_v<T, LinkUp> || std::is_same_v<T, Settings>;

template <typename T>
void put_message(ByteWriter& out, const T& message);

template <typename T>
void put_any(ByteWriter& out, const T& field) {
  if constexpr (kIsMessage<T>) {
    put_message(out, field);
  } else {
    put(out, field);
  }
}

template <typename T>
void put_any(ByteWriter& out, const std::optional<T>& field) {
  out.u8(field ? 1 : 0);
  if (field) put_any(out, *field);
}

template <typename T>
void put_any(ByteWriter& out, const std::vector<T>& items) {
  out.u16(static_cast<std::uint16_t>(items.size()));
  for (const auto& item : items) put_any(out, item);
}

template <typename T>
void put_message(ByteWriter& out, const T& message) {
  fields(message, [&](const auto&... field) { (put_any(out, field), ...); });
}

template <typename T>
bool get_message(ByteReader& in, T& message);

template <typename T>
bool get_any(ByteReader& in, T& field) {
  if constexpr (kIsMessage<T>) {
    return get_message(in, field);
  } else {
    return get(in, field);
  }
}

template <typename T>
bool get_any(ByteReader& in, std::optional<T>& field) {
  const auto present = in.u8();
  if (!present || *present > 1) return false;
  if (*present == 0) return true;
  return get_any(in, field.emplace());
}

template <typename T>
bool get_any(ByteReader& in, std::vector<T>& items) {
  const auto count = in.u16();
  if (!count || *count > kMaxItems) return false;
  for (std::size_t i = 0; i < *count; ++i) {
    if (!get_any(in, items.emplace_back())) return false;
  }
  return true;
}

template <typename T>
bool get_message(ByteReader& in, T& message) {
  bool good = true;
  fields(message, [&](auto&... field) { good = (get_any(in, field) && ...); });
  return good;
}

/// The two directions share no type byte, so that a message which is sent back means nothing.
template <typename Variant>
constexpr std::uint8_t kFirstType = std::is_same_v<Variant, ToBridge> ? 0x00 : 0x80;

template <typename Variant>
std::vector<std::uint8_t> encode_any(const Variant& message) {
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(kFirstType<Variant> + message.index()));
  std::visit([&](const auto& m) { put_message(out, m); }, message);
  return std::move(out).finish();
}

/// Decodes as the alternative number `type`; alternatives are tried by index, not by guess.
template <typename Variant, std::size_t Index = 0>
std::optional<Variant> decode_as(std::uint8_t type, ByteReader& in) {
  if constexpr (Index == std::variant_size_v<Variant>) {
    return std::nullopt;
  } else {
    if (type != kFirstType<Variant> + Index) return decode_as<Variant, Index + 1>(type, in);
    std::variant_alternative_t<Index, Variant> message;
    if (!get_message(in, message) || !in.empty()) return std::nullopt;
    return Variant{std::in_place_index<Index>, std::move(message)};
  }
}

template <typename Variant>
std::optional<Variant> decode_any(Bytes datagram) {
  ByteReader in{datagram};
  const auto type = in.u8();
  if (!type) return std::nullopt;
  return decode_as<Variant>(*type, in);
}

}  // namespace

std::vector<std::uint8_t> encode(const ToBridge& message) {
  return encode_any(message);
}

std::vector<std::uint8_t> encode(const FromBridge& message) {
  return encode_any(message);
}

std::optional<ToBridge> decode_to_bridge(Bytes datagram) {
  return decode_any<ToBridge>(datagram);
}

std::optional<FromBridge> decode_from_bridge(Bytes datagram) {
  return decode_any<FromBridge>(datagram);
}

}  // namespace tunnel::ipc
