// The one place that knows OpenSSL's digests and ciphers.

#include "tunneld/auth/digests.hpp"

#include "tunneld/auth/wiped.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/freed.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <utility>

namespace tunnel::auth {

namespace {

using LibraryPtr = std::unique_ptr<OSSL_LIB_CTX, Freed<OSSL_LIB_CTX_free>>;
using ProviderPtr = std::unique_ptr<OSSL_PROVIDER, Freed<OSSL_PROVIDER_unload>>;
using DigestPtr = std::unique_ptr<EVP_MD, Freed<EVP_MD_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Freed<EVP_CIPHER_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

constexpr std::size_t kDesKey = 7;
constexpr std::size_t kDesBlock = 8;

/// RFC 2759 §8.6: each 7 bits of the key stand above a parity bit, which DES does not look at.
void spread_key(Bytes key, MutableBytes spread) {
  for (std::size_t i = 0; i < spread.size(); ++i) {
    const unsigned above = i == 0 ? 0U : key[i - 1];
    const unsigned below = i == key.size() ? 0U : key[i];
    spread[i] = static_cast<std::uint8_t>((above << (8 - i) | below >> i) & 0xfeU);
  }
}

}  // namespace

struct Digests::Context {
  // In this order: what was fetched goes before its provider, and that before the library context.
  LibraryPtr library{};
  ProviderPtr common{};
  ProviderPtr legacy{};
  DigestPtr md5{};
  DigestPtr sha1{};
  DigestPtr md4{};
  CipherPtr des{};
};

namespace {

void digest(const EVP_MD* algorithm, std::initializer_list<Bytes> parts, MutableBytes out) {
  TUNNEL_CHECK(algorithm != nullptr);
  TUNNEL_CHECK(out.size() == static_cast<std::size_t>(EVP_MD_get_size(algorithm)));
  const DigestContextPtr context{EVP_MD_CTX_new()};
  TUNNEL_CHECK(context && EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  for (const auto& part : parts) {
    TUNNEL_CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  }
  TUNNEL_CHECK(EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
}

}  // namespace

Digests::Digests(std::unique_ptr<Context> context) noexcept : context_{std::move(context)} {}

Digests::Digests(Digests&&) noexcept = default;
Digests& Digests::operator=(Digests&&) noexcept = default;
Digests::~Digests() = default;

Digests Digests::common() {
  // Now, and not when the first cipher is used, at a time when this process may open no file.
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  auto context = std::make_unique<Context>();
  context->library.reset(OSSL_LIB_CTX_new());
  auto* const library = context->library.get();
  TUNNEL_CHECK(library != nullptr);
  context->common.reset(OSSL_PROVIDER_load(library, "default"));
  context->md5.reset(EVP_MD_fetch(library, "MD5", nullptr));
  context->sha1.reset(EVP_MD_fetch(library, "SHA1", nullptr));
  TUNNEL_CHECK(context->common && context->md5 && context->sha1);
  return Digests{std::move(context)};
}

Result<Digests> Digests::with_legacy() {
  auto digests = common();
  auto& context = *digests.context_;
  auto* const library = context.library.get();
  context.legacy.reset(OSSL_PROVIDER_load(library, "legacy"));
  if (context.legacy) {
    context.md4.reset(EVP_MD_fetch(library, "MD4", nullptr));
    context.des.reset(EVP_CIPHER_fetch(library, "DES-ECB", nullptr));
  }
  if (!context.md4 || !context.des) {
    ERR_clear_error();  // nobody else of this thread shall find it
    return make_error(std::errc::not_supported,
                      "MS-CHAPv2 needs OpenSSL's legacy provider for MD4 and DES, which cannot be "
                      "loaded: is ossl-modules/legacy.so of the package libssl3 installed?");
  }
  return digests;
}

void Digests::md5(std::initializer_list<Bytes> parts, MutableBytes out) const {
  digest(context_->md5.get(), parts, out);
}

void Digests::sha1(std::initializer_list<Bytes> parts, MutableBytes out) const {
  digest(context_->sha1.get(), parts, out);
}

void Digests::md4(std::initializer_list<Bytes> parts, MutableBytes out) const {
  digest(context_->md4.get(), parts, out);
}

void Digests::des(Bytes key, Bytes clear, MutableBytes out) const {
  TUNNEL_CHECK(context_->des && key.size() == kDesKey);
  TUNNEL_CHECK(clear.size() == kDesBlock && out.size() == kDesBlock);
  Wiped<kDesBlock> spread;
  spread_key(key, spread.writable());
  const CipherContextPtr context{EVP_CIPHER_CTX_new()};
  TUNNEL_CHECK(context && EVP_EncryptInit_ex2(context.get(), context_->des.get(),
                                              spread.reveal().data(), nullptr, nullptr) == 1);
  TUNNEL_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
  int written = 0;
  TUNNEL_CHECK(EVP_EncryptUpdate(context.get(), out.data(), &written, clear.data(),
                                 static_cast<int>(clear.size())) == 1);
  TUNNEL_CHECK(written == static_cast<int>(kDesBlock));
}

}  // namespace tunnel::auth
