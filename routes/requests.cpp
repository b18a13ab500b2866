// What is asked of the kernel, as rtnetlink messages.

#include "routes/messages.hpp"
#include "tunneld/base/check.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace tunnel::routes::messages {

namespace {

/// A message under construction. Out of memory is fatal.
class Request {
 public:
  Request(int type, int flags) : message_{nlmsg_alloc_simple(type, flags)} {
    TUNNEL_CHECK(message_ != nullptr);
  }

  template <typename Header>
  void header(Header header) {
    TUNNEL_CHECK(nlmsg_append(message_.get(), &header, sizeof header, NLMSG_ALIGNTO) == 0);
  }

  void number(int attribute, std::uint32_t value) {
    TUNNEL_CHECK(nla_put_u32(message_.get(), attribute, value) == 0);
  }

  void text(int attribute, std::string_view value) {
    TUNNEL_CHECK(nla_put(message_.get(), attribute, static_cast<int>(value.size()), value.data()) ==
                 0);
  }

  void bytes(int attribute, Bytes value) {
    TUNNEL_CHECK(nla_put(message_.get(), attribute, static_cast<int>(value.size()), value.data()) ==
                 0);
  }

  void octet(int attribute, std::uint8_t value) {
    TUNNEL_CHECK(nla_put_u8(message_.get(), attribute, value) == 0);
  }

  void address(int attribute, const IpAddress& value) {
    bytes(attribute, host(value).address_bytes());
  }

  template <typename Contents>
  void nest(int attribute, Contents contents) {
    auto* start = nla_nest_start(message_.get(), attribute);
    TUNNEL_CHECK(start != nullptr);
    contents();
    nla_nest_end(message_.get(), start);
  }

  Message finish() const {
    const auto* header = nlmsg_hdr(message_.get());
    const void* start = header;
    const std::span whole{static_cast<const std::uint8_t*>(start), header->nlmsg_len};
    return Message{whole.begin(), whole.end()};
  }

 private:
  struct Free {
    void operator()(nl_msg* message) const noexcept { nlmsg_free(message); }
  };

  std::unique_ptr<nl_msg, Free> message_;
};

unsigned char family_number(Family family) {
  return family == Family::Ipv4 ? static_cast<unsigned char>(AF_INET)
                                : static_cast<unsigned char>(AF_INET6);
}

ifinfomsg link_header(const Device& device) {
  ifinfomsg header{};
  header.ifi_index = device.index;
  return header;
}

rtmsg route_header(Family family) {
  rtmsg header{};
  header.rtm_family = family_number(family);
  return header;
}

/// inet_set_link_af() of the kernel: no file to write, which a sandbox may have made read-only.
Message set_ipv4_conf(const Device& device, int setting) {
  Request request{RTM_NEWLINK, 0};
  request.header(link_header(device));
  request.nest(IFLA_AF_SPEC, [&] {
    request.nest(AF_INET,
                 [&] { request.nest(IFLA_INET_CONF, [&] { request.number(setting, 1); }); });
  });
  return request.finish();
}

Message stop_inventing_addresses(const Device& device) {
  Request request{RTM_NEWLINK, 0};
  request.header(link_header(device));
  request.nest(IFLA_AF_SPEC, [&] {
    request.nest(AF_INET6,
                 [&] { request.octet(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE); });
  });
  return request.finish();
}

/// What an IPv6 address of ours does without. Nobody else is on the link to have the same one
/// (RFC 5072 §5: no Duplicate Address Detection), and of a single address there is no network that
/// the kernel should make a route to.
std::uint32_t ipv6_flags(const Address& address) {
  return address.has_subnet() ? IFA_F_NODAD : IFA_F_NODAD | IFA_F_NOPREFIXROUTE;
}

Message address_request(int type, int flags, const Address& address) {
  ifaddrmsg header{};
  header.ifa_family = family_number(address.family());
  header.ifa_prefixlen = address.length;
  header.ifa_index = static_cast<std::uint32_t>(address.device);
  Request request{type, flags};
  request.header(header);
  request.address(IFA_LOCAL, address.local);
  request.address(IFA_ADDRESS, address.peer);
  if (address.family() == Family::Ipv6) request.number(IFA_FLAGS, ipv6_flags(address));
  return request.finish();
}

unsigned char type_number(RouteType type) {
  switch (type) {
    case RouteType::Unicast:
      return RTN_UNICAST;
    case RouteType::Unreachable:
      return RTN_UNREACHABLE;
    case RouteType::Other:
      break;
  }
  return RTN_UNSPEC;  // in a deletion: whichever
}

unsigned char scope_number(int type, const Route& route) {
  if (type == RTM_DELROUTE) return RT_SCOPE_NOWHERE;  // whichever
  return route.type == RouteType::Unicast && !route.gateway ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

Message route_request(int type, int flags, const Route& route) {
  auto header = route_header(route.to.family());
  header.rtm_dst_len = route.to.length();
  header.rtm_tos = route.tos;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = route.protocol;
  header.rtm_scope = scope_number(type, route);
  header.rtm_type = type_number(route.type);
  Request request{type, flags};
  request.header(header);
  request.bytes(RTA_DST, route.to.address_bytes());
  request.number(RTA_PRIORITY, route.metric);
  if (route.device != 0) request.number(RTA_OIF, static_cast<std::uint32_t>(route.device));
  if (route.source) request.address(RTA_PREFSRC, *route.source);
  if (route.gateway && host(*route.gateway).family() == route.to.family()) {
    request.address(RTA_GATEWAY, *route.gateway);
  }
  return request.finish();
}

struct Encode {
  using Encoded = std::optional<Message>;

  Encoded operator()(const SetLink& change) const {
    auto header = link_header(change.device);
    if (change.flag == SetLink::Flag::Up) header.ifi_flags = header.ifi_change = IFF_UP;
    Request request{RTM_NEWLINK, 0};
    request.header(header);
    if (change.alias) request.text(IFLA_IFALIAS, *change.alias);
    if (change.mtu) request.number(IFLA_MTU, change.mtu->bytes);
    return request.finish();
  }

  Encoded operator()(const StopInventingAddresses& change) const {
    return stop_inventing_addresses(change.device);
  }

  Encoded operator()(const DeleteLink& change) const {
    Request request{RTM_DELLINK, 0};
    request.header(link_header(change.device));
    return request.finish();
  }

  Encoded operator()(const AddAddress& change) const {
    return address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, change.address);
  }

  Encoded operator()(const DeleteAddress& change) const {
    return address_request(RTM_DELADDR, 0, change.address);
  }

  Encoded operator()(const AddRoute& change) const {
    return route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, change.route);
  }

  Encoded operator()(const ReplaceRoute& change) const {
    return route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, change.route);
  }

  Encoded operator()(const DeleteRoute& change) const {
    return route_request(RTM_DELROUTE, 0, change.route);
  }

  Encoded operator()(const SetForwarding&) const { return std::nullopt; }

  Encoded operator()(const SetDeviceForwarding& change) const {
    return set_ipv4_conf(change.device, IPV4_DEVCONF_FORWARDING);
  }

  Encoded operator()(const SetIgnoreLinkdown& change) const {
    return set_ipv4_conf(change.device, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN);
  }

  Encoded operator()(const SetIpv6&) const { return std::nullopt; }
};

}  // namespace

Message dump_links() {
  Request request{RTM_GETLINK, NLM_F_DUMP};
  request.header(ifinfomsg{});
  request.number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return request.finish();
}

Message dump_addresses(Family family) {
  Request request{RTM_GETADDR, NLM_F_DUMP};
  ifaddrmsg header{};
  header.ifa_family = family_number(family);
  request.header(header);
  return request.finish();
}

Message dump_routes(Family family) {
  auto header = route_header(family);
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = kRouteProtocol;
  Request request{RTM_GETROUTE, NLM_F_DUMP};
  request.header(header);
  return request.finish();
}

Message look_up(const Prefix& network) {
  auto header = route_header(network.family());
  header.rtm_dst_len = Prefix::max_length(network.family());
  header.rtm_flags = RTM_F_FIB_MATCH;
  Request request{RTM_GETROUTE, 0};
  request.header(header);
  const auto bytes = network.address_bytes();
  Message address{bytes.begin(), bytes.end()};
  // The unspecified address would be taken for this gateway itself.
  if (std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; })) {
    address.back() = 1;
  }
  request.bytes(RTA_DST, address);
  return request.finish();
}

std::optional<Message> encode(const Change& change) {
  return std::visit(Encode{}, change);
}

}  // namespace tunnel::routes::messages
