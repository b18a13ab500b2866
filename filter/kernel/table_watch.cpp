#include "filter/kernel/table_watch.hpp"

#include "filter/kernel/netfilter_socket.hpp"
#include "tunneld/base/escape.hpp"

#include <netlink/netfilter/nfnl.h>

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

/// A change of many thousands of rules.
constexpr int kReceiveBuffer = 64 * 1024 * 1024;
constexpr int kAnswerBuffer = 64 * 1024;
/// Of 64 datagrams each: more than a change of our own makes.
constexpr int kMostReads = 4096;
constexpr auto kWhat = "the changes of nftables";

constexpr std::uint16_t message_type(unsigned kind) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | kind);
}

/// In all messages but that of a new generation.
constexpr std::size_t kTableName = NFTA_TABLE_NAME;
static_assert(kTableName == NFTA_CHAIN_TABLE && kTableName == NFTA_RULE_TABLE &&
              kTableName == NFTA_SET_TABLE && kTableName == NFTA_SET_ELEM_LIST_TABLE &&
              kTableName == NFTA_OBJ_TABLE && kTableName == NFTA_FLOWTABLE_TABLE);

template <std::size_t Count>
Attributes<Count> attributes_of(const NetlinkMessage& message) {
  const auto skipped = message.payload.size() < netlink::kNetfilterHeader
                           ? message.payload.size()
                           : netlink::kNetfilterHeader;
  return Attributes<Count>{message.payload.subspan(skipped)};
}

/// A text that ends with a zero, without it.
std::string text_in(Bytes octets) {
  return {octets.begin(), std::find(octets.begin(), octets.end(), std::uint8_t{0})};
}

}  // namespace

struct TableWatch::Impl {
  void take(const NetlinkMessage& message, std::vector<Touch>& touches);

  std::string table;
  NetfilterSocket socket;
  bool touched = false;  // by the transaction whose messages are coming in
};

TableWatch::TableWatch(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

TableWatch::TableWatch(TableWatch&&) noexcept = default;
TableWatch& TableWatch::operator=(TableWatch&&) noexcept = default;
TableWatch::~TableWatch() = default;

Result<TableWatch> TableWatch::open(std::string table) {
  auto socket = NetfilterSocket::open(kWhat, kReceiveBuffer);
  if (!socket) return socket.error();
  if (const int code = nl_socket_add_membership(socket->get(), NFNLGRP_NFTABLES); code < 0) {
    return socket->failed(code, "subscribe to");
  }
  return TableWatch{std::make_unique<Impl>(Impl{std::move(table), std::move(*socket)})};
}

int TableWatch::fd() const noexcept {
  return impl_->socket.fd();
}

/// A transaction's messages come before that of the generation which it has made.
void TableWatch::Impl::take(const NetlinkMessage& message, std::vector<Touch>& touches) {
  if (message.type == message_type(NFT_MSG_NEWGEN)) {
    if (!std::exchange(touched, false)) return;
    const auto generation = attributes_of<NFTA_GEN_MAX + 1>(message);
    touches.push_back({generation.u32(NFTA_GEN_PROC_PID).value_or(0),
                       escape_text(text_in(generation.bytes(NFTA_GEN_PROC_NAME))),
                       generation.u32(NFTA_GEN_ID).value_or(0)});
    return;
  }
  if (message.type >> 8 != NFNL_SUBSYS_NFTABLES || message.payload.empty()) return;
  if (message.payload.front() != NFPROTO_INET) return;
  const auto about = attributes_of<kTableName + 1>(message);
  if (text_in(about.bytes(kTableName)) == table) touched = true;
}

std::vector<Touch> TableWatch::read() {
  std::vector<Touch> touches;
  const auto lost_before = impl_->socket.overruns();
  auto rest = NetfilterSocket::Rest::Yes;
  for (int i = 0; i < kMostReads && rest == NetfilterSocket::Rest::Yes; ++i) {
    const auto read =
        impl_->socket.read([&](const NetlinkMessage& message) { impl_->take(message, touches); });
    if (!read) touches.push_back({});
    rest = read ? *read : NetfilterSocket::Rest::No;
  }
  if (impl_->socket.overruns() != lost_before) touches.push_back({});
  return touches;
}

Result<std::uint32_t> generation() {
  auto socket = NetfilterSocket::open(kWhat, kAnswerBuffer);
  if (!socket) return socket.error();
  const int code =
      nfnl_send_simple(socket->get(), NFNL_SUBSYS_NFTABLES, NFT_MSG_GETGEN, 0, AF_UNSPEC, 0);
  if (code < 0) return socket->failed(code, "ask for");
  std::optional<std::uint32_t> found;
  const auto got = socket->wait([&](const NetlinkMessage& message) {
    if (message.type != message_type(NFT_MSG_NEWGEN)) return;
    found = attributes_of<NFTA_GEN_MAX + 1>(message).u32(NFTA_GEN_ID);
  });
  if (!got) return got.error();
  if (!found) return make_error(std::errc::bad_message, "read " + std::string{kWhat});
  return *found;
}

}  // namespace tunnel::filter::kernel
