// The one place that knows OpenSSL's keys and signatures.

#include "tunneld/agent/private_key.hpp"

#include "tunneld/agent/key_file.hpp"
#include "tunneld/base/freed.hpp"
#include "tunneld/base/secret.hpp"
#include "tunneld/base/ssh_wire.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>

namespace tunnel::agent {

namespace {

using KeyPtr = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using ParametersPtr = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr int kLeastRsaBits = 1024;  // as OpenSSH's RequiredRSASize is by itself
constexpr int kMostRsaBits = 16384;

/// One way of signing: by which keys, which hash, and what OpenSSL calls the curve.
struct Method {
  std::string_view algorithm;
  std::string_view key_type;
  const EVP_MD* (*digest)();
  std::string_view curve;       // in SSH; empty: no ECDSA
  const char* group = nullptr;  // in OpenSSL
};

constexpr std::array<Method, 6> kMethods{{
    {"ssh-ed25519", "ssh-ed25519", nullptr, ""},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", EVP_sha256, "nistp256", "prime256v1"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", EVP_sha384, "nistp384", "secp384r1"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", EVP_sha512, "nistp521", "secp521r1"},
    {"rsa-sha2-256", "ssh-rsa", EVP_sha256, ""},
    {"rsa-sha2-512", "ssh-rsa", EVP_sha512, ""},
}};

Error fault(std::string words) {
  ERR_clear_error();  // or somebody else would find it
  return make_error(std::errc::invalid_argument, std::move(words));
}

Error damaged() {
  return fault("is a damaged private key");
}

/// Numbers that OpenSSL's builder keeps in memory which it wipes.
NumberPtr secret_number(Bytes octets) {
  NumberPtr number{BN_secure_new()};
  const bool fits = octets.size() <= std::numeric_limits<int>::max();
  if (!number || !fits ||
      BN_bin2bn(octets.data(), static_cast<int>(octets.size()), number.get()) == nullptr) {
    return nullptr;
  }
  return number;
}

NumberPtr number(Bytes octets) {
  return NumberPtr{BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr)};
}

KeyPtr from_parameters(const char* kind, OSSL_PARAM_BLD* builder) {
  const ParametersPtr parameters{OSSL_PARAM_BLD_to_param(builder)};
  const KeyContextPtr context{EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr)};
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1) {
    return nullptr;
  }
  return KeyPtr{key};
}

KeyPtr build(const Ed25519Parts& parts) {
  return KeyPtr{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, parts.seed.data(),
                                             parts.seed.size())};
}

KeyPtr build(const EcdsaParts& parts) {
  const auto* method = std::find_if(kMethods.begin(), kMethods.end(),
                                    [&](const Method& m) { return m.curve == parts.curve; });
  const auto scalar = secret_number(parts.scalar);
  const BuilderPtr builder{OSSL_PARAM_BLD_new()};
  if (method == kMethods.end() || !scalar || !builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, method->group,
                                      0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, parts.point.data(),
                                       parts.point.size()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) != 1) {
    return nullptr;
  }
  return from_parameters("EC", builder.get());
}

KeyPtr build(const RsaParts& parts) {
  const auto n = number(parts.n);
  const auto e = number(parts.e);
  const auto d = secret_number(parts.d);
  const BuilderPtr builder{OSSL_PARAM_BLD_new()};
  // An even modulus or exponent is none, and the arithmetic is not made for it.
  if (!n || !e || !d || !builder || BN_is_odd(n.get()) == 0 || BN_is_odd(e.get()) == 0 ||
      BN_num_bits(n.get()) > kMostRsaBits || BN_cmp(d.get(), n.get()) >= 0 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_D, d.get()) != 1) {
    return nullptr;
  }
  return from_parameters("RSA", builder.get());
}

int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*context*/) {
  return -1;
}

KeyPtr read_pem(Bytes file) {
  if (file.size() > std::numeric_limits<int>::max()) return nullptr;
  const BioPtr bio{BIO_new_mem_buf(file.data(), static_cast<int>(file.size()))};
  return KeyPtr{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr)
                    : nullptr};
}

/// RFC 4251 §5 "mpint" of a number that is not negative.
void put_number(ByteWriter& out, const BIGNUM* value) {
  std::vector<std::uint8_t> octets(static_cast<std::size_t>(BN_num_bytes(value)) + 1);
  BN_bn2bin(value, octets.data() + 1);
  const bool zero_needed = octets.size() > 1 && octets[1] >= 0x80;
  put_ssh_string(out, Bytes{octets}.subspan(zero_needed ? 0 : 1));
}

std::vector<std::uint8_t> ed25519_blob(const EVP_PKEY* key) {
  std::array<std::uint8_t, 32> octets{};
  auto size = octets.size();
  if (EVP_PKEY_get_raw_public_key(key, octets.data(), &size) != 1) return {};
  ByteWriter out;
  put_ssh_string(out, "ssh-ed25519");
  put_ssh_string(out, Bytes{octets}.first(size));
  return std::move(out).finish();
}

std::vector<std::uint8_t> rsa_blob(const EVP_PKEY* key) {
  BIGNUM* n = nullptr;
  BIGNUM* e = nullptr;
  const bool there = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
  const NumberPtr modulus{n};
  const NumberPtr exponent{e};
  if (!there || BN_num_bits(n) < kLeastRsaBits || BN_num_bits(n) > kMostRsaBits) return {};
  ByteWriter out;
  put_ssh_string(out, "ssh-rsa");
  put_number(out, e);
  put_number(out, n);
  return std::move(out).finish();
}

std::vector<std::uint8_t> ecdsa_blob(EVP_PKEY* key) {
  std::array<char, 64> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return {};
  const auto* method = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) {
    return m.group != nullptr && std::string_view{m.group} == group.data();
  });
  unsigned char* encoded = nullptr;
  const auto size = EVP_PKEY_get1_encoded_public_key(key, &encoded);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> point{
      encoded, [](unsigned char* octets) { OPENSSL_free(octets); }};
  if (method == kMethods.end() || size == 0) return {};
  ByteWriter out;
  put_ssh_string(out, method->key_type);
  put_ssh_string(out, method->curve);
  put_ssh_string(out, Bytes{encoded, size});
  return std::move(out).finish();
}

/// Empty: not a key that we use.
std::vector<std::uint8_t> blob_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return ed25519_blob(key);
    case EVP_PKEY_RSA:
      return rsa_blob(key);
    case EVP_PKEY_EC:
      return ecdsa_blob(key);
    default:
      return {};
  }
}

/// nullptr: none for such a key, or none of that name. An empty name: the first for such a key.
const Method* find_method(Bytes public_blob, std::string_view algorithm) {
  ByteReader in{public_blob};
  const auto type = ssh_string(in);
  const auto* found = std::find_if(kMethods.begin(), kMethods.end(), [&](const Method& m) {
    return type && same_text(*type, m.key_type) && (algorithm.empty() || m.algorithm == algorithm);
  });
  return found == kMethods.end() ? nullptr : found;
}

std::vector<std::uint8_t> raw_signature(EVP_PKEY* key, const EVP_MD* digest, Bytes data) {
  const DigestContextPtr context{EVP_MD_CTX_new()};
  std::size_t size = 0;
  if (!context || EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, data.data(), data.size()) != 1) {
    return {};
  }
  std::vector<std::uint8_t> signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, data.data(), data.size()) != 1) {
    return {};
  }
  signature.resize(size);
  return signature;
}

bool verifies(EVP_PKEY* key, const EVP_MD* digest, Bytes data, Bytes signature) {
  const DigestContextPtr context{EVP_MD_CTX_new()};
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(),
                          data.size()) == 1;
}

/// RFC 5656 §3.1.2: two mpints instead of OpenSSL's DER.
std::vector<std::uint8_t> from_der(Bytes der) {
  const auto* at = der.data();
  const SignaturePtr parsed{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()))};
  if (!parsed) return {};
  ByteWriter out;
  put_number(out, ECDSA_SIG_get0_r(parsed.get()));
  put_number(out, ECDSA_SIG_get0_s(parsed.get()));
  return std::move(out).finish();
}

}  // namespace

struct PrivateKey::Impl {
  KeyPtr key;
  std::vector<std::uint8_t> public_blob;

  /// Whether what it signs is verified by its public half.
  bool consistent() const {
    static constexpr std::string_view kProbe = "do both halves belong together?";
    const auto* method = find_method(public_blob, {});
    if (method == nullptr) return false;
    const auto* digest = method->digest == nullptr ? nullptr : method->digest();
    const auto probe = to_bytes(kProbe);
    const auto signature = raw_signature(key.get(), digest, probe);
    return !signature.empty() && verifies(key.get(), digest, probe, signature);
  }
};

PrivateKey::PrivateKey(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

Result<PrivateKey> PrivateKey::parse(Bytes file) {
  auto impl = std::make_unique<Impl>();
  std::vector<std::uint8_t> stated;
  if (is_openssh_key(file)) {
    const auto read = parse_openssh_key(file);
    if (!read) return read.error();
    impl->key = std::visit([](const auto& parts) { return build(parts); }, read->parts);
    stated.assign(read->public_blob.begin(), read->public_blob.end());
  } else {
    impl->key = read_pem(file);
    if (!impl->key) return fault("is no private key, or protected by a passphrase");
  }
  if (!impl->key) return damaged();
  impl->public_blob = blob_of(impl->key.get());
  if (impl->public_blob.empty()) return fault("is a private key of a type that cannot be used");
  const bool as_stated = stated.empty() || stated == impl->public_blob;
  if (!as_stated || !impl->consistent()) return damaged();
  return PrivateKey{std::move(impl)};
}

const std::vector<std::uint8_t>& PrivateKey::public_blob() const noexcept {
  return impl_->public_blob;
}

Result<std::vector<std::uint8_t>> PrivateKey::sign(std::string_view algorithm, Bytes data) const {
  const auto* method = algorithm.empty() ? nullptr : find_method(impl_->public_blob, algorithm);
  if (method == nullptr) return fault("cannot sign by " + std::string{algorithm});
  const auto* digest = method->digest == nullptr ? nullptr : method->digest();
  auto octets = raw_signature(impl_->key.get(), digest, data);
  if (!octets.empty() && !method->curve.empty()) octets = from_der(octets);
  if (octets.empty()) return fault("cannot sign");
  ByteWriter out;
  put_ssh_string(out, method->algorithm);
  put_ssh_string(out, octets);
  return std::move(out).finish();
}

}  // namespace tunnel::agent
