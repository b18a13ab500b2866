// What the kernel answers, from rtnetlink messages.

#include "routes/messages.hpp"

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstring>
#include <span>
#include <string_view>

namespace tunnel::routes::messages {

namespace {

Bytes payload(const nlattr* attribute) {
  return Bytes{static_cast<const std::uint8_t*>(nla_data(attribute)),
               static_cast<std::size_t>(nla_len(attribute))};
}

/// An integer in host byte order; nullopt when the attribute is absent or shorter.
template <typename Number>
std::optional<Number> number(const nlattr* attribute) {
  if (attribute == nullptr || payload(attribute).size() < sizeof(Number)) return std::nullopt;
  Number value{};
  std::memcpy(&value, nla_data(attribute), sizeof value);
  return value;
}

/// Text up to the terminating NUL, if there is one.
std::string text(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto bytes = payload(attribute);
  std::string value{bytes.begin(), bytes.end()};
  value.resize(std::strlen(value.c_str()));
  return value;
}

/// nullopt for too few bytes, and for a family that is neither of IP.
std::optional<IpAddress> read_address(int family, Bytes bytes) {
  ByteReader in{bytes};
  if (family == AF_INET) {
    const auto value = in.u32();
    return value ? std::optional<IpAddress>{Ipv4Address{*value}} : std::nullopt;
  }
  const auto value = in.take(16);
  if (family != AF_INET6 || !value) return std::nullopt;
  Ipv6Address ipv6;
  std::copy(value->begin(), value->end(), ipv6.bytes.begin());
  return ipv6;
}

std::optional<IpAddress> address(int family, const nlattr* attribute) {
  return attribute == nullptr ? std::nullopt : read_address(family, payload(attribute));
}

std::optional<Prefix> prefix(int family, Bytes bytes, unsigned length) {
  const auto value = read_address(family, bytes);
  if (!value) return std::nullopt;
  return std::visit([length](const auto& each) { return Prefix::make(each, length); }, *value);
}

/// The fixed part of a message and its attributes up to number kMax, by number.
template <typename Header, std::size_t kMax>
struct Parsed {
  int type = 0;
  Header header{};
  std::array<nlattr*, kMax + 1> attributes{};

  nlattr* operator[](std::size_t attribute) const { return attributes[attribute]; }
};

template <typename Header, std::size_t kMax>
std::optional<Parsed<Header, kMax>> parse(Bytes message, int type) {
  // libnl reads only, but has no word for it.
  void* start = const_cast<std::uint8_t*>(message.data());
  auto* wire = static_cast<nlmsghdr*>(start);
  if (nlmsg_ok(wire, static_cast<int>(message.size())) == 0 || wire->nlmsg_type != type) {
    return std::nullopt;
  }
  Parsed<Header, kMax> parsed;
  if (nlmsg_parse(wire, sizeof(Header), parsed.attributes.data(), int{kMax}, nullptr) != 0) {
    return std::nullopt;
  }
  std::memcpy(&parsed.header, nlmsg_data(wire), sizeof(Header));
  return parsed;
}

/// The attributes up to number kMax inside of another one; all absent when that one is.
template <std::size_t kMax>
std::array<nlattr*, kMax + 1> nested(nlattr* attribute) {
  std::array<nlattr*, kMax + 1> found{};
  if (attribute == nullptr) return found;
  if (nla_parse_nested(found.data(), int{kMax}, attribute, nullptr) != 0) return {};
  return found;
}

/// One of the 32-bit settings that the kernel sends as an array; 0 for one that it does not know.
std::uint32_t setting(const nlattr* array, std::size_t index) {
  if (array == nullptr) return 0;
  const auto all = payload(array);
  std::uint32_t value = 0;
  if (all.size() < (index + 1) * sizeof value) return 0;
  std::memcpy(&value, all.subspan(index * sizeof value).data(), sizeof value);
  return value;
}

void read_settings(nlattr* per_family, Link& link) {
  const auto families = nested<AF_INET6>(per_family);
  const auto* v4 = nested<IFLA_INET_MAX>(families[AF_INET])[IFLA_INET_CONF];
  // Of IPv4's the first has number 1.
  link.forwarding = setting(v4, IPV4_DEVCONF_FORWARDING - 1) != 0;
  link.ignore_linkdown = setting(v4, IPV4_DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN - 1) != 0;
  const auto v6 = nested<IFLA_INET6_MAX>(families[AF_INET6]);
  if (const auto* conf = v6[IFLA_INET6_CONF]; conf != nullptr) {
    const auto generation = number<std::uint8_t>(v6[IFLA_INET6_ADDR_GEN_MODE]);
    link.ipv6 =
        Ipv6Settings{.disabled = setting(conf, DEVCONF_DISABLE_IPV6) != 0,
                     .invents_addresses = generation != std::uint8_t{IN6_ADDR_GEN_MODE_NONE},
                     .autoconf = setting(conf, DEVCONF_AUTOCONF) != 0,
                     .forwarding = setting(conf, DEVCONF_FORWARDING) != 0,
                     .ignore_linkdown = setting(conf, DEVCONF_IGNORE_ROUTES_WITH_LINKDOWN) != 0,
                     .accept_ra = setting(conf, DEVCONF_ACCEPT_RA)};
  }
}

RouteType route_type(unsigned char type) {
  if (type == RTN_UNICAST) return RouteType::Unicast;
  return type == RTN_UNREACHABLE ? RouteType::Unreachable : RouteType::Other;
}

/// RTA_GATEWAY, or RTA_VIA where the gateway is of the other family.
std::optional<IpAddress> gateway(int family, const nlattr* same, const nlattr* other) {
  if (same != nullptr) return address(family, same);
  const auto via_family = number<std::uint16_t>(other);
  if (!via_family) return std::nullopt;
  return read_address(*via_family, payload(other).subspan(sizeof *via_family));
}

}  // namespace

std::optional<Link> decode_link(Bytes message) {
  const auto in = parse<ifinfomsg, IFLA_MAX>(message, RTM_NEWLINK);
  if (!in || (*in)[IFLA_IFNAME] == nullptr) return std::nullopt;
  Link link;
  link.index = in->header.ifi_index;
  link.name = text((*in)[IFLA_IFNAME]);
  link.alias = text((*in)[IFLA_IFALIAS]);
  link.mtu.bytes = number<std::uint32_t>((*in)[IFLA_MTU]).value_or(0);
  link.tun = text(nested<IFLA_INFO_MAX>((*in)[IFLA_LINKINFO])[IFLA_INFO_KIND]) == "tun";
  link.up = (in->header.ifi_flags & IFF_UP) != 0;
  link.lower_up = (in->header.ifi_flags & IFF_LOWER_UP) != 0;
  link.loopback = (in->header.ifi_flags & IFF_LOOPBACK) != 0;
  read_settings((*in)[IFLA_AF_SPEC], link);
  return link;
}

std::optional<Address> decode_address(Bytes message) {
  const auto in = parse<ifaddrmsg, IFA_MAX>(message, RTM_NEWADDR);
  if (!in) return std::nullopt;
  const auto& header = in->header;
  const auto peer = address(header.ifa_family, (*in)[IFA_ADDRESS]);
  const auto local = address(header.ifa_family, (*in)[IFA_LOCAL]);
  if (!peer && !local) return std::nullopt;
  const Address whole{.device = static_cast<int>(header.ifa_index),
                      .local = local ? *local : *peer,
                      .peer = peer ? *peer : *local,
                      .length = header.ifa_prefixlen};
  if (whole.length > Prefix::max_length(whole.family())) return std::nullopt;
  return whole;
}

std::optional<Route> decode_route(Bytes message) {
  const auto in = parse<rtmsg, RTA_MAX>(message, RTM_NEWROUTE);
  if (!in || (in->header.rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  const auto& header = in->header;
  const auto table = number<std::uint32_t>((*in)[RTA_TABLE]).value_or(header.rtm_table);
  if (table != RT_TABLE_MAIN) return std::nullopt;
  static constexpr std::array<std::uint8_t, 16> kZero{};  // the default route has no RTA_DST
  const auto to =
      prefix(header.rtm_family, (*in)[RTA_DST] == nullptr ? Bytes{kZero} : payload((*in)[RTA_DST]),
             header.rtm_dst_len);
  if (!to) return std::nullopt;
  Route route{.to = *to,
              .type = route_type(header.rtm_type),
              .metric = number<std::uint32_t>((*in)[RTA_PRIORITY]).value_or(0),
              .protocol = header.rtm_protocol,
              .tos = header.rtm_tos};
  if (route.type == RouteType::Unicast) {  // IPv6 names the loopback interface in the others
    route.device = number<int>((*in)[RTA_OIF]).value_or(0);
    route.gateway = gateway(header.rtm_family, (*in)[RTA_GATEWAY], (*in)[RTA_VIA]);
  }
  route.source = address(header.rtm_family, (*in)[RTA_PREFSRC]);
  return route;
}

}  // namespace tunnel::routes::messages
