#include "filter/kernel/conntrack.hpp"

#include "filter/kernel/flow_message.hpp"
#include "filter/kernel/netfilter_socket.hpp"

#include <netlink/netfilter/nfnl.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include <optional>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

constexpr int kEventBuffer = 8 * 1024 * 1024;
constexpr int kAnswerBuffer = 1024 * 1024;
constexpr auto kWhat = "the events of conntrack";

/// The number in NLMSG_ERROR and NLMSG_DONE: 0, or an errno below zero.
int status_of(const NetlinkMessage& message) {
  if (message.payload.size() < sizeof(std::uint32_t)) return 0;
  return static_cast<int>(netlink::host_number(message.payload.first(sizeof(std::uint32_t))));
}

}  // namespace

struct FlowEvents::Impl {
  NetfilterSocket socket;
};

FlowEvents::FlowEvents(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

FlowEvents::FlowEvents(FlowEvents&&) noexcept = default;
FlowEvents& FlowEvents::operator=(FlowEvents&&) noexcept = default;
FlowEvents::~FlowEvents() = default;

Result<FlowEvents> FlowEvents::open() {
  auto socket = NetfilterSocket::open(kWhat, kEventBuffer);
  if (!socket) return socket.error();
  for (const auto group : {NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY}) {
    if (const int code = nl_socket_add_membership(socket->get(), group); code < 0) {
      return socket->failed(code, "subscribe to");
    }
  }
  return FlowEvents{std::make_unique<Impl>(Impl{std::move(*socket)})};
}

Result<void> FlowEvents::set_changes(Changes changes) {
  auto* socket = impl_->socket.get();
  const int code = changes == Changes::Told
                       ? nl_socket_add_membership(socket, NFNLGRP_CONNTRACK_UPDATE)
                       : nl_socket_drop_membership(socket, NFNLGRP_CONNTRACK_UPDATE);
  if (code < 0) return impl_->socket.failed(code, "subscribe to changes in");
  return {};
}

int FlowEvents::fd() const noexcept {
  return impl_->socket.fd();
}

Result<FlowEvents::Rest> FlowEvents::read(
    const std::function<void(const flows::FlowEvent&)>& each) {
  const auto rest = impl_->socket.read([&](const NetlinkMessage& message) {
    if (const auto event = parse_flow_event(message)) each(*event);
  });
  if (!rest) return rest.error();
  return *rest == NetfilterSocket::Rest::Yes ? Rest::Yes : Rest::No;
}

std::uint64_t FlowEvents::overruns() const noexcept {
  return impl_->socket.overruns();
}

Result<std::vector<flows::Flow>> list_flows() {
  auto socket = NetfilterSocket::open("the table of conntrack", kAnswerBuffer);
  if (!socket) return socket.error();
  const int code = nfnl_send_simple(socket->get(), NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET,
                                    NLM_F_DUMP, AF_UNSPEC, 0);
  if (code < 0) return socket->failed(code, "ask for");
  std::vector<flows::Flow> all;
  std::optional<int> status;
  while (!status) {
    const auto got = socket->wait([&](const NetlinkMessage& message) {
      if (message.type == NLMSG_DONE || message.type == NLMSG_ERROR) status = status_of(message);
      if (auto event = parse_flow_event(message)) all.push_back(std::move(event->flow));
    });
    if (!got) return got.error();
  }
  if (*status < 0) {
    return Error{std::error_code{-*status, std::system_category()}, "read the table of conntrack"};
  }
  return all;
}

}  // namespace tunnel::filter::kernel
