#include "filter/kernel/log_socket.hpp"

#include "filter/kernel/netfilter_socket.hpp"

#include <netlink/netfilter/log.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <optional>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

/// Room for a second of 20,000 records: the kernel counts a datagram by kAllocated, however few
/// records are in it.
constexpr int kReceiveBuffer = 16 * 1024 * 1024;
/// Records in a datagram, the octets it may take, and how long it waits to be filled, in 10 ms.
constexpr std::uint32_t kQueueThreshold = 64;
constexpr std::uint32_t kAllocated = 32 * 1024;
constexpr std::uint32_t kFlushTimeout = 1;
/// A rule says how much of a packet it wants, and this is more.
constexpr std::uint32_t kLargestCopy = 512;

struct FreeLog {
  void operator()(nfnl_log* log) const noexcept { nfnl_log_put(log); }
};

}  // namespace

struct LogSocket::Impl {
  void note(std::uint32_t sequence) {
    if (next_sequence && sequence != *next_sequence) lost += sequence - *next_sequence;
    next_sequence = sequence + 1;
  }

  NetfilterSocket socket;
  std::optional<std::uint32_t> next_sequence{};
  std::uint64_t lost = 0;
};

LogSocket::LogSocket(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

LogSocket::LogSocket(LogSocket&&) noexcept = default;
LogSocket& LogSocket::operator=(LogSocket&&) noexcept = default;
LogSocket::~LogSocket() = default;

Result<LogSocket> LogSocket::open(unsigned group, Delivery delivery) {
  auto socket =
      NetfilterSocket::open("group " + std::to_string(group) + " of NFLOG", kReceiveBuffer);
  if (!socket) return socket.error();
  const std::unique_ptr<nfnl_log, FreeLog> log{nfnl_log_alloc()};
  if (!log) return make_error(std::errc::not_enough_memory, "open NFLOG");
  nfnl_log_set_group(log.get(), static_cast<std::uint16_t>(group));
  nfnl_log_set_copy_mode(log.get(), NFNL_LOG_COPY_PACKET);
  nfnl_log_set_copy_range(log.get(), kLargestCopy);
  nfnl_log_set_queue_threshold(log.get(), delivery == Delivery::Together ? kQueueThreshold : 1);
  nfnl_log_set_alloc_size(log.get(), kAllocated);
  nfnl_log_set_flush_timeout(log.get(), kFlushTimeout);
  nfnl_log_set_flags(log.get(), NFNL_LOG_FLAG_SEQ);
  // The first record may come before the answer.
  nl_socket_disable_seq_check(socket->get());
  if (const int code = nfnl_log_create(socket->get(), log.get()); code < 0) {
    return socket->failed(code, "bind");
  }
  return LogSocket{std::make_unique<Impl>(Impl{std::move(*socket)})};
}

int LogSocket::fd() const noexcept {
  return impl_->socket.fd();
}

std::uint64_t LogSocket::overruns() const noexcept {
  return impl_->socket.overruns();
}

std::uint64_t LogSocket::lost() const noexcept {
  return impl_->lost;
}

Result<LogSocket::Rest> LogSocket::read(const std::function<void(const LoggedPacket&)>& each) {
  constexpr std::uint16_t kPacket = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
  const auto rest = impl_->socket.read([&](const NetlinkMessage& message) {
    if (message.type != kPacket) return;
    const auto packet = parse_logged_packet(message.payload);
    if (!packet) return;
    if (packet->sequence) impl_->note(*packet->sequence);
    each(*packet);
  });
  if (!rest) return rest.error();
  return *rest == NetfilterSocket::Rest::Yes ? Rest::Yes : Rest::No;
}

}  // namespace tunnel::filter::kernel
