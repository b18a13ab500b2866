#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tunnel::agent {

/// A private key that can sign: Ed25519, ECDSA by the NIST curves of 256, 384 and 521 bits, or RSA
/// of at least 1024 bits. What is secret in it is wiped when it goes.
class PrivateKey {
 public:
  /// Reads a key file without a passphrase: OpenSSH's own format, or a PEM file that OpenSSL reads.
  /// The key has signed once and been verified, so that its halves belong together. Errors are
  /// words that follow the file's name: "is protected by a passphrase".
  static Result<PrivateKey> parse(Bytes file);

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

  /// The public half, as in RFC 4253 §6.6.
  const std::vector<std::uint8_t>& public_blob() const noexcept;

  /// The signature of `data` as in RFC 4253 §6.6: the algorithm's name, then its octets.
  /// `algorithm` is the key's type, or for RSA "rsa-sha2-256" or "rsa-sha2-512"; never SHA-1.
  Result<std::vector<std::uint8_t>> sign(std::string_view algorithm, Bytes data) const;

 private:
  struct Impl;
  explicit PrivateKey(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tunnel::agent
