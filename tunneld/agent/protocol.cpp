#include "tunneld/agent/protocol.hpp"

#include "tunneld/base/ssh_wire.hpp"

#include <utility>

namespace tunnel::agent {

namespace {

// Section 5.1.
constexpr std::uint8_t kFailure = 5;
constexpr std::uint8_t kRequestIdentities = 11;
constexpr std::uint8_t kIdentitiesAnswer = 12;
constexpr std::uint8_t kSignRequest = 13;
constexpr std::uint8_t kSignResponse = 14;
constexpr std::uint8_t kExtension = 27;

/// A key and its comment are no shorter than their lengths: this bounds how many there can be.
constexpr std::size_t kLeastIdentity = 8;

std::optional<Request> sign_request(ByteReader in) noexcept {
  const auto key_blob = ssh_string(in);
  const auto data = ssh_string(in);
  const auto flags = in.u32();
  if (!key_blob || !data || !flags || !in.empty()) return std::nullopt;
  return SignRequest{*key_blob, *data, *flags};
}

std::vector<std::uint8_t> with_length(const ByteWriter& message) {
  ByteWriter out;
  put_ssh_string(out, message.view());
  return std::move(out).finish();
}

std::vector<std::uint8_t> bare(std::uint8_t type) {
  ByteWriter out;
  out.u8(type);
  return with_length(out);
}

}  // namespace

std::optional<Request> parse_request(Bytes message) noexcept {
  ByteReader in{message};
  const auto type = in.u8();
  if (!type) return std::nullopt;
  switch (*type) {
    case kRequestIdentities:
      if (!in.empty()) return std::nullopt;
      return IdentitiesRequest{};
    case kSignRequest:
      return sign_request(in);
    case kExtension:
      return ExtensionRequest{};
    default:
      return OtherRequest{*type};
  }
}

std::optional<std::vector<Bytes>> parse_identities_answer(Bytes message) {
  ByteReader in{message};
  const auto type = in.u8();
  const auto count = in.u32();
  if (type != kIdentitiesAnswer || !count || *count > in.rest().size() / kLeastIdentity) {
    return std::nullopt;
  }
  std::vector<Bytes> blobs;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto blob = ssh_string(in);
    const auto comment = ssh_string(in);
    if (!blob || !comment) return std::nullopt;
    blobs.push_back(*blob);
  }
  if (!in.empty()) return std::nullopt;
  return blobs;
}

std::optional<Bytes> parse_sign_answer(Bytes message) noexcept {
  ByteReader in{message};
  const auto type = in.u8();
  const auto signature = ssh_string(in);
  if (type != kSignResponse || !signature || !in.empty()) return std::nullopt;
  return signature;
}

std::vector<std::uint8_t> write_identities_request() {
  return bare(kRequestIdentities);
}

std::vector<std::uint8_t> write_sign_request(const SignRequest& request) {
  ByteWriter out;
  out.u8(kSignRequest);
  put_ssh_string(out, request.key_blob);
  put_ssh_string(out, request.data);
  out.u32(request.flags);
  return with_length(out);
}

std::vector<std::uint8_t> write_identities_answer(Bytes key_blob, std::string_view comment) {
  ByteWriter out;
  out.u8(kIdentitiesAnswer);
  out.u32(1);
  put_ssh_string(out, key_blob);
  put_ssh_string(out, comment);
  return with_length(out);
}

std::vector<std::uint8_t> write_sign_answer(Bytes signature) {
  ByteWriter out;
  out.u8(kSignResponse);
  put_ssh_string(out, signature);
  return with_length(out);
}

std::vector<std::uint8_t> write_failure() {
  return bare(kFailure);
}

}  // namespace tunnel::agent
