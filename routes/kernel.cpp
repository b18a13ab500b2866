// Reading and changing the kernel's side. What is asked, and what the answers mean, is in
// messages.hpp; here is in which order, and what becomes of errors.

#include "routes/kernel.hpp"

#include "routes/messages.hpp"
#include "routes/netlink_socket.hpp"
#include "routes/notifications.hpp"
#include "routes/sysctl.hpp"
#include "tunneld/base/check.hpp"
#include "tunneld/base/escape.hpp"

#include <cerrno>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tunnel::routes {

namespace {

constexpr const char* kIpForward = "net/ipv4/ip_forward";
constexpr const char* kIpv6Forwarding = "net/ipv6/conf/all/forwarding";
constexpr const char* kDefaultAcceptRa = "net/ipv6/conf/default/accept_ra";

/// How often a dump that was overtaken by changes is asked for again.
constexpr int kDumpAttempts = 8;

std::string path_of(const SetIpv6& change) {
  return "net/ipv6/conf/" + change.device.name + '/' + std::string{name(change.key)};
}

/// Asks for a dump and decodes what comes; a filter that matches nothing is an empty answer.
template <typename Value>
Result<std::vector<Value>> dump(NetlinkSocket& socket, const messages::Message& question,
                                std::optional<Value> (*decode)(Bytes), const std::string& what) {
  Error error;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    std::vector<Value> values;
    const auto asked = socket.ask(question, [&](Bytes message) {
      if (auto value = decode(message)) values.push_back(std::move(*value));
    });
    if (asked.has_value()) return values;
    error = asked.error();
    if (error.code.value() == ENOENT) return values;  // the main table appears with its first route
    if (error.code.value() != EINTR) break;
  }
  error.context = "read the " + what + " of the kernel" +
                  (error.context.empty() ? std::string{} : ": " + error.context);
  return error;
}

Result<std::vector<Link>> links_of(NetlinkSocket& socket) {
  return dump<Link>(socket, messages::dump_links(), messages::decode_link, "links");
}

/// The foreign route to exactly this network that the kernel would follow, if it is one.
Result<std::optional<Route>> look_up(NetlinkSocket& socket, const Prefix& network) {
  std::optional<Route> found;
  const auto asked = socket.ask(messages::look_up(network), [&found](Bytes message) {
    found = messages::decode_route(message);
  });
  if (!asked.has_value()) {
    switch (asked.error().code.value()) {
      case EHOSTUNREACH:  // an unreachable route: ours, mostly
      case EACCES:        // a prohibit route
      case EINVAL:        // a blackhole route
      case ENETUNREACH:
        return std::optional<Route>{};
      default:
        break;
    }
    return Error{asked.error().code,
                 "look up the route to " + network.str() + ' ' + asked.error().context};
  }
  // Special ones are addresses of this gateway, which the dump of addresses tells more of.
  if (found && (found->to != network || found->protocol == kRouteProtocol ||
                found->type == RouteType::Other)) {
    found.reset();
  }
  return found;
}

std::set<Prefix> networks_of(const Wanted& wanted) {
  std::set<Prefix> networks{wanted.guarded.begin(), wanted.guarded.end()};
  for (const auto& interface : wanted.interfaces) {
    if (interface.ipv4) networks.insert(Prefix::host(interface.ipv4->peer));
    if (interface.ipv6) networks.insert(Prefix::host(interface.ipv6->peer));
    networks.insert(interface.networks.begin(), interface.networks.end());
  }
  return networks;
}

/// The interface that a change is about; no name for none.
Device device_of(const Change& change) {
  return std::visit(
      [](const auto& what) {
        if constexpr (requires { what.device; }) {
          return what.device;
        } else {
          return Device{};
        }
      },
      change);
}

bool is_deletion(const Change& change) {
  return std::holds_alternative<DeleteLink>(change) ||
         std::holds_alternative<DeleteAddress>(change) ||
         std::holds_alternative<DeleteRoute>(change);
}

/// Whether the kernel's error means that what is to be deleted is not there.
bool is_gone(const Error& error) {
  const int number = error.code.value();
  // ENXIO: IPv6 is gone from the interface, and its addresses with it.
  return number == ESRCH || number == EADDRNOTAVAIL || number == ENODEV || number == ENXIO;
}

Error explain(const Change& change, const Error& error) {
  std::string text = '"' + describe(change) + '"';
  const auto device = device_of(change);
  const int number = error.code.value();
  if (number == EPERM) {
    text += " needs CAP_NET_ADMIN";
  } else if (number == ENODEV && !device.name.empty()) {
    text += ": the interface " + escape_text(device.name) + " (index " +
            std::to_string(device.index) + ") is gone";
  } else if (number == EEXIST && std::holds_alternative<AddRoute>(change)) {
    text += ": somebody else has a route of that network and metric";
  } else if (!error.context.empty()) {
    text += ": " + error.context;
  }
  return Error{error.code, std::move(text)};
}

}  // namespace

struct Kernel::Impl {
  NetlinkSocket socket;
  Notifications notifications;

  Result<void> read_addresses(Family family, Actual& actual) {
    const auto addresses =
        dump<Address>(socket, messages::dump_addresses(family), messages::decode_address,
                      family == Family::Ipv4 ? "IPv4 addresses" : "IPv6 addresses");
    if (!addresses.has_value()) return addresses.error();
    actual.addresses.insert(actual.addresses.end(), addresses->begin(), addresses->end());
    return {};
  }

  Result<void> read_routes(Family family, Actual& actual) {
    auto routes = dump<Route>(socket, messages::dump_routes(family), messages::decode_route,
                              family == Family::Ipv4 ? "IPv4 routes" : "IPv6 routes");
    if (!routes.has_value()) return routes.error();
    for (const auto& route : *routes) {
      // An old kernel does not filter.
      if (route.protocol == kRouteProtocol) actual.routes.push_back(route);
    }
    return {};
  }

  Result<void> look_up_networks(const Wanted& wanted, Actual& actual) {
    for (const auto& network : networks_of(wanted)) {
      if (network.family() == Family::Ipv6 && !actual.ipv6) continue;
      const auto route = look_up(socket, network);
      if (!route.has_value()) return route.error();
      if (*route) actual.foreign.push_back(**route);
    }
    return {};
  }

  Result<void> read_family(Family family, Actual& actual) {
    if (auto done = read_addresses(family, actual); !done.has_value()) return done;
    return read_routes(family, actual);
  }

  /// The switches that rtnetlink does not tell with the links.
  static Result<void> read_switches(Actual& actual) {
    const auto ip_forward = read_sysctl(kIpForward);
    if (!ip_forward.has_value()) return ip_forward.error();
    actual.ip_forward = *ip_forward != 0;
    if (!actual.ipv6) return {};
    const auto forwarding = read_sysctl(kIpv6Forwarding);
    if (!forwarding.has_value()) return forwarding.error();
    actual.ipv6_forwarding = *forwarding != 0;
    const auto accept_ra = read_sysctl(kDefaultAcceptRa);
    if (!accept_ra.has_value()) return accept_ra.error();
    actual.default_accept_ra = *accept_ra;
    return {};
  }

  Result<void> execute(const Change& change) {
    if (const auto* forwarding = std::get_if<SetForwarding>(&change)) {
      return write_sysctl(forwarding->family == Family::Ipv4 ? kIpForward : kIpv6Forwarding, 1);
    }
    if (const auto* setting = std::get_if<SetIpv6>(&change)) {
      return write_sysctl(path_of(*setting), setting->value);
    }
    const auto message = messages::encode(change);
    TUNNEL_CHECK(message.has_value());
    const auto done = socket.request(*message);
    if (done.has_value() || (is_deletion(change) && is_gone(done.error()))) return {};
    return explain(change, done.error());
  }
};

Kernel::Kernel(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

Kernel::Kernel(Kernel&&) noexcept = default;
Kernel& Kernel::operator=(Kernel&&) noexcept = default;
Kernel::~Kernel() = default;

Result<std::vector<Link>> read_links() {
  auto socket = NetlinkSocket::open();
  if (!socket.has_value()) return socket.error();
  return links_of(*socket);
}

Result<Kernel> Kernel::open() {
  auto socket = NetlinkSocket::open();
  if (!socket.has_value()) return socket.error();
  auto notifications = Notifications::open();
  if (!notifications.has_value()) return notifications.error();
  return Kernel{std::make_unique<Impl>(Impl{std::move(*socket), std::move(*notifications)})};
}

Result<Actual> Kernel::read(const Wanted& wanted) {
  Actual actual;
  auto links = links_of(impl_->socket);
  if (!links.has_value()) return links.error();
  actual.links = std::move(*links);
  actual.ipv6 = has_ipv6();
  auto done = impl_->read_family(Family::Ipv4, actual);
  if (done.has_value() && actual.ipv6) done = impl_->read_family(Family::Ipv6, actual);
  if (done.has_value()) done = impl_->look_up_networks(wanted, actual);
  if (done.has_value()) done = Impl::read_switches(actual);
  if (!done.has_value()) return done.error();
  return actual;
}

Result<void> Kernel::apply(const Change& change) {
  return impl_->execute(change);
}

int Kernel::notification_fd() const noexcept {
  return impl_->notifications.fd();
}

Result<Noticed> Kernel::drain() {
  return impl_->notifications.drain();
}

}  // namespace tunnel::routes
