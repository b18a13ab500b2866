#include "filter/kernel/table_watch.hpp"

#include "tunneld/base/escape.hpp"

#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

/// A change of many thousands of rules.
constexpr int kReceiveBuffer = 8 * 1024 * 1024;
constexpr std::size_t kLargestMessage = 64 * 1024;

/// In all messages but that of a new generation.
constexpr int kTableName = NFTA_TABLE_NAME;
static_assert(kTableName == NFTA_CHAIN_TABLE && kTableName == NFTA_RULE_TABLE &&
              kTableName == NFTA_SET_TABLE && kTableName == NFTA_SET_ELEM_LIST_TABLE &&
              kTableName == NFTA_OBJ_TABLE && kTableName == NFTA_FLOWTABLE_TABLE);

Error netlink_error(int code) {
  return make_error(std::errc::io_error, std::string{"watch nftables: "} + nl_geterror(code));
}

}  // namespace

struct TableWatch::Impl {
  struct Free {
    void operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }
  };

  void take(nlmsghdr* header, std::vector<Touch>& touches);
  void take_generation(nlmsghdr* header, std::vector<Touch>& touches);

  std::string table;
  std::unique_ptr<nl_sock, Free> socket;
  std::unique_ptr<std::uint8_t[]> buffer{new std::uint8_t[kLargestMessage]};
  bool touched = false;  // by the transaction whose messages are coming in
};

TableWatch::TableWatch(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

TableWatch::TableWatch(TableWatch&&) noexcept = default;
TableWatch& TableWatch::operator=(TableWatch&&) noexcept = default;
TableWatch::~TableWatch() = default;

Result<TableWatch> TableWatch::open(std::string table) {
  auto impl = std::make_unique<Impl>();
  impl->table = std::move(table);
  impl->socket.reset(nl_socket_alloc());
  if (!impl->socket) return make_error(std::errc::not_enough_memory, "watch nftables");
  auto* socket = impl->socket.get();
  nl_socket_disable_seq_check(socket);
  if (const int failed = nl_connect(socket, NETLINK_NETFILTER); failed < 0) {
    return netlink_error(failed);
  }
  if (const int failed = nl_socket_add_membership(socket, NFNLGRP_NFTABLES); failed < 0) {
    return netlink_error(failed);
  }
  const int size = kReceiveBuffer;
  if (::setsockopt(nl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0) {
    nl_socket_set_buffer_size(socket, size, 0);
  }
  nl_socket_set_nonblocking(socket);
  return TableWatch{std::move(impl)};
}

int TableWatch::fd() const noexcept {
  return nl_socket_get_fd(impl_->socket.get());
}

/// The end of a transaction, whose messages came before.
void TableWatch::Impl::take_generation(nlmsghdr* header, std::vector<Touch>& touches) {
  std::array<nlattr*, NFTA_GEN_MAX + 1> attributes{};
  const bool ours = std::exchange(touched, false);
  if (!ours) return;
  nla_policy policy[NFTA_GEN_MAX + 1] = {};
  policy[NFTA_GEN_PROC_PID].type = NLA_U32;
  policy[NFTA_GEN_PROC_NAME].type = NLA_STRING;
  if (nlmsg_parse(header, sizeof(nfgenmsg), attributes.data(), NFTA_GEN_MAX, policy) < 0) return;
  Touch touch;
  if (auto* pid = attributes[NFTA_GEN_PROC_PID]) touch.pid = ntohl(nla_get_u32(pid));
  if (auto* name = attributes[NFTA_GEN_PROC_NAME])
    touch.program = escape_text(nla_get_string(name));
  touches.push_back(std::move(touch));
}

void TableWatch::Impl::take(nlmsghdr* header, std::vector<Touch>& touches) {
  if (header->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) return;
  if ((header->nlmsg_type & 0xff) == NFT_MSG_NEWGEN) return take_generation(header, touches);
  if (nlmsg_datalen(header) < static_cast<int>(sizeof(nfgenmsg))) return;
  const auto* about = static_cast<const nfgenmsg*>(nlmsg_data(header));
  if (about->nfgen_family != NFPROTO_INET) return;
  std::array<nlattr*, kTableName + 1> attributes{};
  nla_policy policy[kTableName + 1] = {};
  policy[kTableName].type = NLA_STRING;
  if (nlmsg_parse(header, sizeof(nfgenmsg), attributes.data(), kTableName, policy) < 0) return;
  auto* name = attributes[kTableName];
  if (name != nullptr && table == nla_get_string(name)) touched = true;
}

Result<std::vector<Touch>> TableWatch::read() {
  std::vector<Touch> touches;
  for (;;) {
    const auto got = ::recv(fd(), impl_->buffer.get(), kLargestMessage, 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return touches;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      impl_->touched = false;
      touches.push_back({});
      continue;
    }
    if (got < 0) return errno_error("watch nftables");
    auto* header = static_cast<nlmsghdr*>(static_cast<void*>(impl_->buffer.get()));
    for (int left = static_cast<int>(got); nlmsg_ok(header, left) != 0;
         header = nlmsg_next(header, &left)) {
      impl_->take(header, touches);
    }
  }
}

void TableWatch::forget() {
  static_cast<void>(read());
  impl_->touched = false;
}

}  // namespace tunnel::filter::kernel
