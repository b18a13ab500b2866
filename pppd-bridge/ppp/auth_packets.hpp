#pragma once

#include "pppd-bridge/ppp/protocol.hpp"
#include "tunneld/base/bytes.hpp"

#include <cstdint>
#include <optional>
#include <vector>

// Packets of PAP (RFC 1334 §2.2) and CHAP (RFC 1994 §4): Code, Identifier and Length stand before
// them as in every control packet.

namespace tunnel::ppp {

enum class PapCode : std::uint8_t { AuthenticateRequest = 1, AuthenticateAck, AuthenticateNak };
enum class ChapCode : std::uint8_t { Challenge = 1, Response, Success, Failure };

/// The longest name taken from a peer, in octets.
inline constexpr std::size_t kMaxAuthName = 256;
inline constexpr std::size_t kMd5Size = 16;  // of a CHAP-MD5 response (RFC 1994 §4.1)
/// Of an MS-CHAPv2 response: peer challenge, reserved, NT response, flags (RFC 2759 §4).
inline constexpr std::size_t kMsChapV2Size = 49;
inline constexpr std::size_t kMsChapV2Challenge = 16;  // RFC 2759 §3

/// The data of a CHAP Challenge or Response (RFC 1994 §4.1).
struct ChapValue {
  Bytes value;  // never empty
  Bytes name;   // may be empty
};

constexpr std::optional<ChapValue> parse_chap_value(Bytes data) noexcept {
  ByteReader in{data};
  const auto size = in.u8();
  if (!size || *size == 0) return std::nullopt;
  const auto value = in.take(*size);
  if (!value || in.rest().size() > kMaxAuthName) return std::nullopt;
  return ChapValue{*value, in.rest()};
}

/// `value` of 1 to 255 octets.
std::vector<std::uint8_t> write_chap_value(Bytes value, Bytes name);

/// The data of a PAP Authenticate-Request (RFC 1334 §2.2.1).
struct PapRequest {
  Bytes peer_id;
  Bytes password;
};

constexpr std::optional<PapRequest> parse_pap_request(Bytes data) noexcept {
  ByteReader in{data};
  const auto id_size = in.u8();
  if (!id_size) return std::nullopt;
  const auto peer_id = in.take(*id_size);
  if (!peer_id) return std::nullopt;
  const auto password_size = in.u8();
  if (!password_size) return std::nullopt;
  const auto password = in.take(*password_size);
  if (!password) return std::nullopt;
  return PapRequest{*peer_id, *password};
}

/// Both of at most 255 octets.
std::vector<std::uint8_t> write_pap_request(Bytes peer_id, Bytes password);

/// The message of a PAP Ack or Nak (RFC 1334 §2.2.2); some peers leave its length out with it.
constexpr std::optional<Bytes> parse_pap_message(Bytes data) noexcept {
  ByteReader in{data};
  const auto size = in.u8();
  if (!size) return Bytes{};
  return in.take(*size);
}

enum class AuthProtocol : std::uint8_t { Pap, Chap };

/// The packet as it may be shown and recorded: its password or response is overwritten by '*'; what
/// cannot be parsed is so behind its header. `packet` begins with its Code.
std::vector<std::uint8_t> without_secrets(AuthProtocol protocol, Bytes packet);

/// The same of a packet of any protocol: secrets stand in those of PAP and CHAP, and where a
/// Protocol-Reject quotes one (RFC 1661 §5.7).
std::vector<std::uint8_t> without_secrets(Protocol protocol, Bytes packet);

}  // namespace tunnel::ppp
