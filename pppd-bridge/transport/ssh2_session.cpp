#include "pppd-bridge/transport/ssh2_session.hpp"

#include "pppd-bridge/transport/session_heap.hpp"
#include "tunneld/base/escape.hpp"

#include <libssh2.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <string_view>
#include <utility>

/// libssh2 1.10 was read with this in mind (the names are its functions):
///
///   - A failed key re-exchange is swallowed, and nothing here starts one: PPP's LCP Echo is what
///     notices a session that has gone silent.
///   - packet_add sizes an allocation by the peer's word (exit-signal) before it checks it, and
///     leaves it unterminated; a handshake cut short and every rekey leave memory behind, secrets
///     included. Hence SessionHeap.
///   - channel_read adjusts the window by amounts that depend on the caller's buffer, and forgets
///     the first amount if it must be asked again during a rekey: both sides' counts drift apart
///     until data is dropped. The caller keeps the window so wide that this code is never reached.
namespace tunnel::transport {

namespace {

constexpr std::uint32_t kPacketSize = 32768;
constexpr std::size_t kMaxSignalName = 64;
constexpr const char* kBanner = "SSH-2.0-tunneld";

/// Best first; what this libssh2 cannot do is left out. GCM is a third of the cost of CTR and HMAC.
constexpr std::array<std::string_view, 6> kKeyExchanges{
    "curve25519-sha256",  "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",           "diffie-hellman-group16-sha512"};
constexpr std::array<std::string_view, 5> kCiphers{
    "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
    "aes128-ctr", "aes256-ctr"};
constexpr std::array<std::string_view, 4> kMacs{"hmac-sha2-256-etm@openssh.com",
                                                "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256",
                                                "hmac-sha2-512"};
constexpr std::array<std::string_view, 1> kNoCompression{"none"};

const char* as_characters(Bytes bytes) {
  return static_cast<const char*>(static_cast<const void*>(bytes.data()));
}

char* as_characters(MutableBytes bytes) {
  return static_cast<char*>(static_cast<void*>(bytes.data()));
}

/// What the callbacks are about.
struct Wire {
  explicit Wire(UniqueFd socket) : outer{std::move(socket)} {}

  OuterSocket outer;
  SessionHeap heap;
  bool abandoned = false;  // nothing is to be waited for any more
  std::string disconnect_text;
};

Wire& wire_of(void** abstract) {
  return *static_cast<Wire*>(*abstract);
}

void* allocate(std::size_t size, void** abstract) {
  return wire_of(abstract).heap.allocate(size);
}

void* reallocate(void* memory, std::size_t size, void** abstract) {
  return wire_of(abstract).heap.reallocate(memory, size);
}

void release(void* memory, void** abstract) {
  wire_of(abstract).heap.release(memory);
}

ssize_t send_packet(libssh2_socket_t /*socket*/, const void* buffer, std::size_t length,
                    int /*flags*/, void** abstract) {
  const Bytes packet{static_cast<const std::uint8_t*>(buffer), length};
  return wire_of(abstract).outer.append(packet) ? static_cast<ssize_t>(length) : -ENOBUFS;
}

ssize_t receive_bytes(libssh2_socket_t /*socket*/, void* buffer, std::size_t length, int /*flags*/,
                      void** abstract) {
  auto& wire = wire_of(abstract);
  if (wire.abandoned) return 0;
  return wire.outer.receive(MutableBytes{static_cast<std::uint8_t*>(buffer), length});
}

void note_disconnect(LIBSSH2_SESSION* /*session*/, int /*reason*/, const char* message, int length,
                     const char* /*language*/, int /*language_length*/, void** abstract) {
  if (message == nullptr || length <= 0) return;
  const std::string_view text{message, static_cast<std::size_t>(length)};
  wire_of(abstract).disconnect_text = escape_text(text);
}

/// What sign_login() is about.
struct SignerContext {
  SessionHeap& heap;
  const Ssh2Session::Signer& sign;
  bool refused = false;
};

/// The signature is libssh2's to free.
int sign_login(LIBSSH2_SESSION* /*session*/, unsigned char** signature, std::size_t* length,
               const unsigned char* data, std::size_t data_length, void** abstract) {
  auto& context = *static_cast<SignerContext*>(*abstract);
  const auto made = context.sign(Bytes{data, data_length});
  auto* const octets =
      made ? static_cast<unsigned char*>(context.heap.allocate(made->size())) : nullptr;
  context.refused = octets == nullptr;
  if (context.refused) return LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED;
  std::copy(made->begin(), made->end(), octets);
  *signature = octets;
  *length = made->size();
  return 0;
}

std::vector<std::string_view> supported_methods(LIBSSH2_SESSION* session, int kind) {
  const char** names = nullptr;
  const int count = libssh2_session_supported_algs(session, kind, &names);
  std::vector<std::string_view> out;  // the names are static, their list is not
  if (count > 0) out.assign(names, names + count);
  if (names != nullptr) libssh2_free(session, names);
  return out;
}

}  // namespace

struct Ssh2Session::Impl {
  explicit Impl(UniqueFd socket) : wire{std::move(socket)} {}

  Wire wire;
  LIBSSH2_SESSION* session = nullptr;
  LIBSSH2_CHANNEL* channel = nullptr;
  bool started = false;
  Ssh2Fault fault = Ssh2Fault::None;
  std::string text;

  /// Keeps what this libssh2 has of `wanted`, in that order; false if that is nothing.
  bool prefer(int kind, std::span<const std::string_view> wanted) {
    const auto supported = supported_methods(session, kind);
    std::string list;
    for (const auto name : wanted) {
      if (std::find(supported.begin(), supported.end(), name) == supported.end()) continue;
      if (!list.empty()) list += ',';
      list += name;
    }
    return !list.empty() && libssh2_session_method_pref(session, kind, list.c_str()) == 0;
  }

  bool prefer_both(int towards_server, int from_server, std::span<const std::string_view> wanted) {
    return prefer(towards_server, wanted) && prefer(from_server, wanted);
  }

  Ssh2Step fail(Ssh2Fault why, std::string words) {
    fault = why;
    text = std::move(words);
    return Ssh2Step::Failed;
  }

  /// What a result of libssh2 means. `refusal` is what its errors mean if the connection still
  /// stands. EAGAIN hides a connection that has ended: the socket knows.
  Ssh2Step judge(long result, Ssh2Fault refusal = Ssh2Fault::Protocol) {
    if (result >= 0) return Ssh2Step::Done;
    const bool ended = wire.outer.state() != OuterSocket::State::Open;
    if (result == LIBSSH2_ERROR_EAGAIN && !(ended && wire.outer.drained())) return Ssh2Step::Again;
    if (result == LIBSSH2_ERROR_SOCKET_DISCONNECT && !wire.disconnect_text.empty()) {
      return fail(Ssh2Fault::Connection, "sshd says: " + wire.disconnect_text);
    }
    if (ended) return fail(Ssh2Fault::Connection, wire.outer.reason());
    if (result == LIBSSH2_ERROR_SOCKET_DISCONNECT) {
      return fail(Ssh2Fault::Connection, "sshd ended the connection");
    }
    char* message = nullptr;
    libssh2_session_last_error(session, &message, nullptr, 0);
    return fail(refusal, escape_text(std::string_view{message == nullptr ? "" : message}) +
                             " (libssh2 error " + std::to_string(result) + ")");
  }

  bool start(std::span<const std::string> host_key_algorithms);
};

bool Ssh2Session::Impl::start(std::span<const std::string> host_key_algorithms) {
  started = true;
  session = libssh2_session_init_ex(allocate, release, reallocate, &wire);
  TUNNEL_CHECK(session != nullptr);
  libssh2_session_set_blocking(session, 0);
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, std::bit_cast<void*>(&send_packet));
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV,
                               std::bit_cast<void*>(&receive_bytes));
  libssh2_session_callback_set(session, LIBSSH2_CALLBACK_DISCONNECT,
                               std::bit_cast<void*>(&note_disconnect));
  libssh2_session_banner_set(session, kBanner);
  const std::vector<std::string_view> host_keys(host_key_algorithms.begin(),
                                                host_key_algorithms.end());
  return prefer(LIBSSH2_METHOD_KEX, kKeyExchanges) && prefer(LIBSSH2_METHOD_HOSTKEY, host_keys) &&
         prefer_both(LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC, kCiphers) &&
         prefer_both(LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC, kMacs) &&
         prefer_both(LIBSSH2_METHOD_COMP_CS, LIBSSH2_METHOD_COMP_SC, kNoCompression);
}

Ssh2Session::Ssh2Session(UniqueFd socket) : impl_{std::make_unique<Impl>(std::move(socket))} {
  static const int kInitialised = libssh2_init(0);
  TUNNEL_CHECK(kInitialised == 0);
}

Ssh2Session::~Ssh2Session() {
  if (impl_->session == nullptr) return;
  if (impl_->wire.outer.state() == OuterSocket::State::Open) {
    libssh2_session_disconnect(impl_->session, "the link is closed");
    impl_->wire.outer.flush();
  }
  impl_->wire.abandoned = true;  // else it would wait for sshd to confirm
  libssh2_session_free(impl_->session);
}

OuterSocket& Ssh2Session::outer() noexcept {
  return impl_->wire.outer;
}

const OuterSocket& Ssh2Session::outer() const noexcept {
  return impl_->wire.outer;
}

Ssh2Fault Ssh2Session::fault() const noexcept {
  return impl_->fault;
}

const std::string& Ssh2Session::fault_text() const noexcept {
  return impl_->text;
}

Ssh2Step Ssh2Session::handshake(std::span<const std::string> host_key_algorithms) {
  if (!impl_->started && !impl_->start(host_key_algorithms)) {
    return impl_->fail(Ssh2Fault::Negotiation, "libssh2 cannot use host keys of this type");
  }
  const int result = libssh2_session_handshake(impl_->session, outer().fd());
  return impl_->judge(
      result, result == LIBSSH2_ERROR_KEX_FAILURE ? Ssh2Fault::Negotiation : Ssh2Fault::Protocol);
}

std::vector<std::uint8_t> Ssh2Session::host_key() const {
  std::size_t length = 0;
  int type = 0;
  const char* const key = libssh2_session_hostkey(impl_->session, &length, &type);
  if (key == nullptr) return {};
  return std::vector<std::uint8_t>(key, key + length);
}

Ssh2Step Ssh2Session::authenticate(const std::string& user, Bytes key_blob, const Signer& sign) {
  SignerContext context{impl_->wire.heap, sign};
  void* abstract = &context;
  const int result = libssh2_userauth_publickey(impl_->session, user.c_str(), key_blob.data(),
                                                key_blob.size(), sign_login, &abstract);
  if (context.refused) return impl_->fail(Ssh2Fault::NotSigned, "nobody signs for our key");
  const bool refused =
      result == LIBSSH2_ERROR_AUTHENTICATION_FAILED || result == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED;
  return impl_->judge(result, refused ? Ssh2Fault::KeyRefused : Ssh2Fault::Protocol);
}

Ssh2Step Ssh2Session::open_channel(std::uint32_t window) {
  constexpr std::string_view kType = "session";
  impl_->channel = libssh2_channel_open_ex(impl_->session, kType.data(), kType.size(), window,
                                           kPacketSize, nullptr, 0);
  if (impl_->channel != nullptr) return Ssh2Step::Done;
  return impl_->judge(libssh2_session_last_errno(impl_->session), Ssh2Fault::Denied);
}

Ssh2Step Ssh2Session::request_command(const std::string& command) {
  constexpr std::string_view kRequest = "exec";
  const int result =
      libssh2_channel_process_startup(impl_->channel, kRequest.data(), kRequest.size(),
                                      command.c_str(), static_cast<unsigned>(command.size()));
  return impl_->judge(result, Ssh2Fault::Denied);
}

Ssh2Session::Count Ssh2Session::read(Ssh2Stream stream, MutableBytes into) {
  const auto result = libssh2_channel_read_ex(impl_->channel, static_cast<int>(stream),
                                              as_characters(into), into.size());
  if (result > 0) return {Ssh2Step::Done, static_cast<std::size_t>(result)};
  if (result == 0) return {Ssh2Step::Again, 0};  // the channel's end: finished() will say
  return {impl_->judge(result), 0};
}

Ssh2Session::Count Ssh2Session::write(Bytes from) {
  const auto result = libssh2_channel_write_ex(impl_->channel, 0, as_characters(from), from.size());
  if (result > 0) return {Ssh2Step::Done, static_cast<std::size_t>(result)};
  if (result == 0) return {Ssh2Step::Again, 0};
  return {impl_->judge(result), 0};
}

std::size_t Ssh2Session::queued() const {
  unsigned long bytes = 0;
  libssh2_channel_window_read_ex(impl_->channel, &bytes, nullptr);
  return bytes;
}

std::uint32_t Ssh2Session::send_window() const {
  return static_cast<std::uint32_t>(libssh2_channel_window_write_ex(impl_->channel, nullptr));
}

std::uint32_t Ssh2Session::receive_window() const {
  return static_cast<std::uint32_t>(
      libssh2_channel_window_read_ex(impl_->channel, nullptr, nullptr));
}

Ssh2Step Ssh2Session::widen_receive_window(std::uint32_t by) {
  constexpr unsigned char kNow = 1;
  unsigned int width = 0;
  return impl_->judge(libssh2_channel_receive_window_adjust2(impl_->channel, by, kNow, &width));
}

bool Ssh2Session::finished() {
  if (libssh2_channel_eof(impl_->channel) == 0) return false;
  // An end without a close may be a program that closed its output and lives on, which LCP Echo
  // notices; or its exit status is still under way, and is worth a moment.
  return libssh2_channel_wait_closed(impl_->channel) == 0 || !exit_text().empty();
}

std::string Ssh2Session::exit_text() const {
  char* signal = nullptr;
  libssh2_channel_get_exit_signal(impl_->channel, &signal, nullptr, nullptr, nullptr, nullptr,
                                  nullptr);
  if (signal != nullptr) {
    const auto name = escape_text(std::string_view{signal}, kMaxSignalName);
    libssh2_free(impl_->session, signal);
    return "the far side's command was killed by signal " + name;
  }
  const int status = libssh2_channel_get_exit_status(impl_->channel);
  if (status == 0) return {};
  return "the far side's command exited with status " + std::to_string(status);
}

std::string Ssh2Session::ciphers() const {
  const auto name = [this](int kind) {
    const char* const method = libssh2_session_methods(impl_->session, kind);
    return std::string{method == nullptr ? "?" : method};
  };
  const auto cipher = name(LIBSSH2_METHOD_CRYPT_CS);
  const bool authenticated = cipher.find("gcm") != cipher.npos || cipher.starts_with("chacha20");
  return authenticated ? cipher : cipher + ' ' + name(LIBSSH2_METHOD_MAC_CS);
}

}  // namespace tunnel::transport
