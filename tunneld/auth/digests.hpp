#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/result.hpp"

#include <initializer_list>
#include <memory>

namespace tunnel::auth {

/// OpenSSL's MD5, SHA-1, MD4 and DES, in a library context of their own: what an openssl.cnf says
/// of the process's context, and the process's TLS, have nothing to do with what PPP needs here,
/// and MD4 and DES cannot be had by anybody else.
///
/// Outputs have exactly the algorithm's size; anything else is a fault of ours.
class Digests {
 public:
  /// MD5 and SHA-1, which are part of libcrypto itself.
  static Digests common();

  /// These, and MD4 and DES. They live in OpenSSL's legacy provider, a file of its own (Debian has
  /// it in libssl3): the error says that it could not be loaded.
  static Result<Digests> with_legacy();

  Digests(Digests&&) noexcept;
  Digests& operator=(Digests&&) noexcept;
  ~Digests();

  /// Digests of all the parts, one after the other. 16, 20 and 16 octets.
  void md5(std::initializer_list<Bytes> parts, MutableBytes out) const;
  void sha1(std::initializer_list<Bytes> parts, MutableBytes out) const;
  void md4(std::initializer_list<Bytes> parts, MutableBytes out) const;

  /// One block of 8 octets; the 7 octets of the key are its 56 bits without parity.
  void des(Bytes key, Bytes clear, MutableBytes out) const;

 private:
  struct Context;

  explicit Digests(std::unique_ptr<Context> context) noexcept;

  std::unique_ptr<Context> context_;
};

}  // namespace tunnel::auth
