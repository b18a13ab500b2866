#include "tunneld/ipc/messages.hpp"

#include "tunneld/ipc/codec.hpp"

#include <algorithm>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tunnel::ipc {

namespace {

template <typename Message, typename Visit>
void auth_and_trace_fields(Message& m, Visit&& visit) {
  using T = std::remove_const_t<Message>;
  if constexpr (std::is_same_v<T, Challenge>) {
    visit(m.serial, m.value);
  } else if constexpr (std::is_same_v<T, AuthDecision>) {
    visit(m.serial, m.outcome, m.message, m.reason);
  } else if constexpr (std::is_same_v<T, Proof>) {
    visit(m.serial, m.name, m.response, m.expected);
  } else if constexpr (std::is_same_v<T, NoProof>) {
    visit(m.serial, m.reason);
  } else if constexpr (std::is_same_v<T, Trace>) {
    visit(m.scope, m.octets);
  } else if constexpr (std::is_same_v<T, PathChanged>) {
    visit();
  } else if constexpr (std::is_same_v<T, ChallengeWanted>) {
    visit(m.serial, m.method);
  } else if constexpr (std::is_same_v<T, ProofReceived>) {
    visit(m.serial, m.method, m.id, m.name, m.response);
  } else if constexpr (std::is_same_v<T, ProofWanted>) {
    visit(m.serial, m.method, m.id, m.challenge, m.name);
  } else {
    static_assert(std::is_same_v<T, TracedFrame>);
    visit(m.direction, m.microseconds, m.length, m.octets, m.lost);
  }
}

/// The fields of every message, once: both the encoder and the decoder go through this list, so
/// that neither can forget one. `visit` is called with every field, in wire order.
template <typename Message, typename Visit>
void fields(Message& m, Visit&& visit) {
  using T = std::remove_const_t<Message>;
  if constexpr (std::is_same_v<T, DialSettings>) {
    visit(m.host, m.port, m.user, m.host_keys, m.client, m.ssh_config);
  } else if constexpr (std::is_same_v<T, Settings>) {
    visit(m.version, m.site, m.interface, m.ppp, m.remote6, m.networks, m.dial, m.credentials);
  } else if constexpr (std::is_same_v<T, Ppp>) {
    visit(m.local, m.remote, m.interface_id, m.mru, m.accm, m.fcs, m.ident, m.echo_interval,
          m.echo_failures, m.restart, m.max_configure, m.max_terminate, m.max_failure, m.dns,
          m.nbns, m.offload, m.clamp_mss, m.policies, m.auth);
  } else if constexpr (std::is_same_v<T, PppPolicies>) {
    visit(m.mru, m.accm, m.magic, m.pfc, m.acfc, m.fcs, m.ip, m.ipv6, m.dns, m.nbns, m.deflate);
  } else if constexpr (std::is_same_v<T, PppAuth>) {
    visit(m.require, m.accept, m.name, m.rechallenge);
  } else if constexpr (std::is_same_v<T, Refused> || std::is_same_v<T, Shutdown>) {
    visit(m.reason);
  } else if constexpr (std::is_same_v<T, Claim>) {
    visit(m.version, m.site, m.peer, m.key, m.ticket);
  } else if constexpr (std::is_same_v<T, LinkUp>) {
    visit(m.ipv4, m.ipv6, m.receive_mru, m.transmit_mru, m.receive_compression,
          m.transmit_compression, m.transport);
  } else if constexpr (std::is_same_v<T, LinkIpv4>) {
    visit(m.local, m.remote, m.dns, m.nbns);
  } else if constexpr (std::is_same_v<T, LinkIpv6>) {
    visit(m.local, m.remote);
  } else if constexpr (std::is_same_v<T, Adopt>) {
    visit(m.version, m.site, m.role, m.peer, m.key, m.settings, m.up, m.up_for);
  } else if constexpr (std::is_same_v<T, StageReached>) {
    visit(m.stage, m.detail);
  } else if constexpr (std::is_same_v<T, LinkDown>) {
    visit(m.permanence, m.reason);
  } else if constexpr (std::is_same_v<T, Statistics>) {
    const auto visit_all = [&](auto... counters) {
      visit((m.*counters)..., m.round_trip_us, m.queue_packets, m.queue_bytes, m.queue_delay_us,
            m.queue_delay_max_us);
    };
    std::apply(visit_all, kCounters);
  } else if constexpr (std::is_same_v<T, PppEvent>) {
    visit(m.layer, m.text);
  } else if constexpr (std::is_same_v<T, RemoteText>) {
    visit(m.text);
  } else if constexpr (std::is_same_v<T, CallRefused>) {
    visit(m.call);
  } else {
    auth_and_trace_fields(m, std::forward<Visit>(visit));
  }
}

template <typename T>
constexpr bool kIsMessage =
    std::is_same_v<T, DialSettings> || std::is_same_v<T, LinkUp> || std::is_same_v<T, Settings> ||
    std::is_same_v<T, Ppp> || std::is_same_v<T, PppPolicies> || std::is_same_v<T, PppAuth> ||
    std::is_same_v<T, LinkIpv4> || std::is_same_v<T, LinkIpv6>;

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

void put_any(ByteWriter& out, const std::vector<std::uint8_t>& octets) {
  const auto kept = Bytes{octets}.first(std::min(octets.size(), kMaxOctets));
  out.u16(static_cast<std::uint16_t>(kept.size()));
  out.bytes(kept);
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

bool get_any(ByteReader& in, std::vector<std::uint8_t>& octets) {
  const auto size = in.u16();
  if (!size || *size > kMaxOctets) return false;
  const auto taken = in.take(*size);
  if (!taken) return false;
  octets.assign(taken->begin(), taken->end());
  return true;
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
  fields(message, [&]([[maybe_unused]] auto&... field) { good = (get_any(in, field) && ...); });
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
    std::optional<Variant> decoded{std::in_place, std::in_place_index<Index>};
    if (!get_message(in, *std::get_if<Index>(&*decoded)) || !in.empty()) decoded.reset();
    return decoded;
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

void add_counters(Statistics& sum, const Statistics& part) noexcept {
  for (const auto counter : kCounters) sum.*counter += part.*counter;
}

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
