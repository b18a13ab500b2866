#include "filter/kernel/log_socket.hpp"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netfilter/log.h>
#include <netlink/netfilter/log_msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

/// Room for a burst: some 20,000 records of full headers.
constexpr int kReceiveBuffer = 8 * 1024 * 1024;
constexpr std::size_t kLargestMessage = 64 * 1024;
constexpr std::uint32_t kLargestCopy = 512;
/// Records that the kernel hands over at once, and how long it waits for them (in 10 ms).
constexpr std::uint32_t kQueueThreshold = 1;

struct FreeLog {
  void operator()(nfnl_log* log) const noexcept { nfnl_log_put(log); }
};

struct FreeMessage {
  void operator()(nfnl_log_msg* message) const noexcept { nfnl_log_msg_put(message); }
};

Error netlink_error(int code, std::string what) {
  return make_error(std::errc::io_error, std::move(what) + ": " + nl_geterror(code));
}

}  // namespace

struct LogSocket::Impl {
  struct Free {
    void operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }
  };

  void take(nlmsghdr* header, const std::function<void(const LoggedPacket&)>& each);

  std::unique_ptr<nl_sock, Free> socket;
  std::unique_ptr<std::uint8_t[]> buffer{new std::uint8_t[kLargestMessage]};
  std::optional<std::uint32_t> next_sequence{};
  std::uint64_t overruns = 0;
  std::uint64_t lost = 0;
};

LogSocket::LogSocket(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

LogSocket::LogSocket(LogSocket&&) noexcept = default;
LogSocket& LogSocket::operator=(LogSocket&&) noexcept = default;
LogSocket::~LogSocket() = default;

Result<LogSocket> LogSocket::open(unsigned group) {
  auto impl = std::make_unique<Impl>();
  impl->socket.reset(nl_socket_alloc());
  const std::unique_ptr<nfnl_log, FreeLog> log{nfnl_log_alloc()};
  if (!impl->socket || !log) return make_error(std::errc::not_enough_memory, "open NFLOG");
  auto* socket = impl->socket.get();
  if (const int failed = nl_connect(socket, NETLINK_NETFILTER); failed < 0) {
    return netlink_error(failed, "open NFLOG");
  }
  nfnl_log_set_group(log.get(), static_cast<std::uint16_t>(group));
  nfnl_log_set_copy_mode(log.get(), NFNL_LOG_COPY_PACKET);
  nfnl_log_set_copy_range(log.get(), kLargestCopy);
  nfnl_log_set_queue_threshold(log.get(), kQueueThreshold);
  nfnl_log_set_flags(log.get(), NFNL_LOG_FLAG_SEQ);
  if (const int failed = nfnl_log_create(socket, log.get()); failed < 0) {
    return netlink_error(failed, "bind group " + std::to_string(group) + " of NFLOG");
  }
  const int size = kReceiveBuffer;
  // Without CAP_NET_ADMIN in the first user namespace: as much as an ordinary socket gets.
  if (::setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
    nl_socket_set_buffer_size(socket, size, 0);
  }
  nl_socket_set_nonblocking(socket);
  return LogSocket{std::move(impl)};
}

int LogSocket::fd() const noexcept {
  return nl_socket_get_fd(impl_->socket.get());
}

std::uint64_t LogSocket::overruns() const noexcept {
  return impl_->overruns;
}

std::uint64_t LogSocket::lost() const noexcept {
  return impl_->lost;
}

void LogSocket::Impl::take(nlmsghdr* header, const std::function<void(const LoggedPacket&)>& each) {
  nfnl_log_msg* parsed = nullptr;
  if (nfnlmsg_log_msg_parse(header, &parsed) < 0) return;
  const std::unique_ptr<nfnl_log_msg, FreeMessage> message{parsed};
  if (nfnl_log_msg_test_seq(parsed) != 0) {
    const auto sequence = nfnl_log_msg_get_seq(parsed);
    if (next_sequence && sequence != *next_sequence) lost += sequence - *next_sequence;
    next_sequence = sequence + 1;
  }
  LoggedPacket packet;
  const bool outbound = nfnl_log_msg_get_hook(parsed) == NF_INET_POST_ROUTING;
  packet.direction = outbound ? Direction::Out : Direction::In;
  packet.mark = nfnl_log_msg_test_mark(parsed) != 0 ? nfnl_log_msg_get_mark(parsed) : 0;
  if (const auto* prefix = nfnl_log_msg_get_prefix(parsed)) packet.prefix = prefix;
  packet.interface = outbound ? nfnl_log_msg_get_outdev(parsed) : nfnl_log_msg_get_indev(parsed);
  if (const auto* time = nfnl_log_msg_get_timestamp(parsed)) {
    packet.time = std::chrono::seconds{time->tv_sec} + std::chrono::microseconds{time->tv_usec};
  }
  int size = 0;
  const auto* octets = static_cast<const std::uint8_t*>(nfnl_log_msg_get_payload(parsed, &size));
  if (octets != nullptr && size > 0) packet.packet = {octets, static_cast<std::size_t>(size)};
  each(packet);
}

Result<void> LogSocket::read(const std::function<void(const LoggedPacket&)>& each) {
  for (;;) {
    const auto got = ::recv(fd(), impl_->buffer.get(), kLargestMessage, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      ++impl_->overruns;
      continue;
    }
    if (got < 0) return errno_error("read NFLOG");
    auto* header = static_cast<nlmsghdr*>(static_cast<void*>(impl_->buffer.get()));
    for (int left = static_cast<int>(got); nlmsg_ok(header, left) != 0;
         header = nlmsg_next(header, &left)) {
      impl_->take(header, each);
    }
  }
}

}  // namespace tunnel::filter::kernel
