#include "routes/netlink_socket.hpp"

#include "tunneld/base/check.hpp"

#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

namespace tunnel::routes {

struct NetlinkSocket::Impl {
  struct Free {
    void operator()(nl_sock* socket) const noexcept { nl_socket_free(socket); }
  };

  std::unique_ptr<nl_sock, Free> socket;
};

namespace {

Error system_error(int number, std::string context = {}) {
  return Error{std::error_code{number, std::system_category()}, std::move(context)};
}

void enable(nl_sock* socket, int option) {
  const int on = 1;
  // A kernel that does not know the option tells more, or less, than asked for: both are fine.
  static_cast<void>(setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, option, &on, sizeof on));
}

/// The number in NLMSG_ERROR and NLMSG_DONE: 0, or an errno below zero.
int status_of(const nlmsghdr* header) {
  int status = 0;
  if (nlmsg_datalen(header) < static_cast<int>(sizeof status)) return -EPROTO;
  std::memcpy(&status, nlmsg_data(header), sizeof status);
  return status;
}

/// The sentence by which the kernel explains an error (NETLINK_EXT_ACK); empty for none.
std::string explanation_of(nlmsghdr* header) {
  if (header->nlmsg_type != NLMSG_ERROR || (header->nlmsg_flags & NLM_F_ACK_TLVS) == 0 ||
      (header->nlmsg_flags & NLM_F_CAPPED) == 0) {
    return {};
  }
  const auto* attribute = nlmsg_find_attr(header, sizeof(nlmsgerr), NLMSGERR_ATTR_MSG);
  if (attribute == nullptr) return {};
  const std::string text{static_cast<const char*>(nla_data(attribute)),
                         static_cast<std::size_t>(nla_len(attribute))};
  return text.c_str();
}

/// What came in so far of the answer to one question.
struct Answer {
  unsigned sequence;
  bool interrupted = false;
  std::optional<Result<void>> outcome{};

  void take(nlmsghdr* header, const std::function<void(Bytes)>& each) {
    if (header->nlmsg_seq != sequence) return;
    if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted = true;
    if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
      const int status = status_of(header);
      if (status < 0) {
        outcome = system_error(-status, explanation_of(header));
      } else if (interrupted) {
        outcome = system_error(EINTR, "the dump was overtaken by a change");
      } else {
        outcome = Result<void>{};
      }
      return;
    }
    if (header->nlmsg_type < NLMSG_MIN_TYPE) return;
    const void* start = header;
    each(Bytes{static_cast<const std::uint8_t*>(start), header->nlmsg_len});
  }
};

struct FreeBuffer {
  void operator()(unsigned char* buffer) const noexcept { std::free(buffer); }
};

/// One datagram of the kernel's, and how long it is.
Result<std::pair<std::unique_ptr<unsigned char, FreeBuffer>, int>> receive(nl_sock* socket) {
  sockaddr_nl from{};
  unsigned char* buffer = nullptr;
  const int size = nl_recv(socket, &from, &buffer, nullptr);
  std::unique_ptr<unsigned char, FreeBuffer> owned{size > 0 ? buffer : nullptr};
  if (size <= 0) {
    return make_error(std::errc::io_error,
                      std::string{"receive from rtnetlink: "} + nl_geterror(size));
  }
  return std::pair{std::move(owned), size};
}

}  // namespace

NetlinkSocket::NetlinkSocket(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

NetlinkSocket::NetlinkSocket(NetlinkSocket&&) noexcept = default;
NetlinkSocket& NetlinkSocket::operator=(NetlinkSocket&&) noexcept = default;
NetlinkSocket::~NetlinkSocket() = default;

Result<NetlinkSocket> NetlinkSocket::open() {
  auto impl = std::make_unique<Impl>();
  impl->socket.reset(nl_socket_alloc());
  TUNNEL_CHECK(impl->socket != nullptr);
  if (const int status = nl_connect(impl->socket.get(), NETLINK_ROUTE); status < 0) {
    return make_error(std::errc::io_error,
                      std::string{"open a socket to rtnetlink: "} + nl_geterror(status));
  }
  enable(impl->socket.get(), NETLINK_GET_STRICT_CHK);  // filtered dumps
  enable(impl->socket.get(), NETLINK_EXT_ACK);         // errors in words
  enable(impl->socket.get(), NETLINK_CAP_ACK);         // without our request repeated
  return NetlinkSocket{std::move(impl)};
}

Result<void> NetlinkSocket::ask(Bytes message, const std::function<void(Bytes)>& each) {
  auto* socket = impl_->socket.get();
  void* start = const_cast<std::uint8_t*>(message.data());  // copied at once
  auto* request = nlmsg_convert(static_cast<nlmsghdr*>(start));
  TUNNEL_CHECK(request != nullptr);
  const int sent = nl_send_auto(socket, request);
  Answer answer{.sequence = nlmsg_hdr(request)->nlmsg_seq};
  nlmsg_free(request);
  if (sent < 0) {
    return make_error(std::errc::io_error, std::string{"send to rtnetlink: "} + nl_geterror(sent));
  }
  while (!answer.outcome) {
    const auto received = receive(socket);
    if (!received.has_value()) return received.error();
    int rest = received->second;
    void* first = received->first.get();
    for (auto* header = static_cast<nlmsghdr*>(first); nlmsg_ok(header, rest) != 0;
         header = nlmsg_next(header, &rest)) {
      answer.take(header, each);
    }
  }
  return *answer.outcome;
}

Result<void> NetlinkSocket::request(Bytes message) {
  return ask(message, [](Bytes) {});
}

}  // namespace tunnel::routes
