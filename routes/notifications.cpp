// A gateway with a full BGP table announces a million routes when a neighbour comes back. A socket
// filter keeps them from us: of routes only ours pass, and those that people and DHCP make.

#include "routes/notifications.hpp"

#include "routes/model.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace tunnel::routes {

namespace {

constexpr std::uint32_t kTypeOffset = offsetof(nlmsghdr, nlmsg_type);
constexpr std::uint32_t kProtocolOffset = NLMSG_HDRLEN + offsetof(rtmsg, rtm_protocol);

constexpr sock_filter load(std::uint16_t width, std::uint32_t offset) {
  return {static_cast<std::uint16_t>(BPF_LD | BPF_ABS | width), 0, 0, offset};
}

/// Goes on `yes` or `no` instructions further.
constexpr sock_filter jump(std::uint16_t test, std::uint32_t value, std::uint8_t yes,
                           std::uint8_t no) {
  return {static_cast<std::uint16_t>(BPF_JMP | BPF_K | test), yes, no, value};
}

constexpr sock_filter pass(std::uint32_t bytes) {
  return {BPF_RET | BPF_K, 0, 0, bytes};
}

/// The filter reads in network order what the kernel wrote in its own.
bool attach_filter(int socket) {
  const std::array program{
      load(BPF_H, kTypeOffset),
      jump(BPF_JEQ, htons(RTM_NEWROUTE), 1, 0),
      jump(BPF_JEQ, htons(RTM_DELROUTE), 0, 4),
      load(BPF_B, kProtocolOffset),
      jump(BPF_JGT, RTPROT_STATIC, 0, 2),  // redirect, kernel, boot and static are below
      jump(BPF_JEQ, RTPROT_DHCP, 1, 0),
      jump(BPF_JEQ, kRouteProtocol, 0, 1),
      pass(UINT32_MAX),
      pass(0),
  };
  auto copy = program;
  const sock_fprog filter{static_cast<unsigned short>(copy.size()), copy.data()};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) == 0;
}

constexpr std::uint32_t group(rtnetlink_groups number) {
  return 1U << (number - 1);
}

/// The mask of bind() has room for 32 groups.
static_assert(RTNLGRP_IPV4_NETCONF <= 32 && RTNLGRP_IPV6_NETCONF <= 32);
/// Without RTNLGRP_IPV6_IFADDR: an IPv6 address comes and goes with a route of the local table, and
/// its own announcement is repeated with every router's advertisement.
constexpr std::uint32_t kGroups = group(RTNLGRP_LINK) | group(RTNLGRP_IPV4_IFADDR) |
                                  group(RTNLGRP_IPV4_ROUTE) | group(RTNLGRP_IPV6_ROUTE) |
                                  group(RTNLGRP_IPV4_NETCONF) | group(RTNLGRP_IPV6_NETCONF);

}  // namespace

Result<Notifications> Notifications::open() {
  UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
  if (!fd) return errno_error("open a socket for the notifications of rtnetlink");
  if (!attach_filter(fd.get())) return errno_error("filter the notifications of rtnetlink");
  const sockaddr_nl groups{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = kGroups};
  const void* address = &groups;
  if (::bind(fd.get(), static_cast<const sockaddr*>(address), sizeof groups) != 0) {
    return errno_error("subscribe to the notifications of rtnetlink");
  }
  return Notifications{std::move(fd)};
}

Result<Noticed> Notifications::drain() {
  auto noticed = Noticed::Nothing;
  for (;;) {
    std::byte first{};
    const auto size = ::recv(socket_.get(), &first, sizeof first, MSG_DONTWAIT | MSG_TRUNC);
    if (size >= 0 || errno == ENOBUFS) {
      noticed = Noticed::Changed;
    } else if (errno == EAGAIN) {
      return noticed;
    } else if (errno != EINTR) {
      return errno_error("receive the notifications of rtnetlink");
    }
  }
}

}  // namespace tunnel::routes
