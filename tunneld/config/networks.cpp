// Addresses and networks, as values.hpp declares them.

#include "tunneld/base/text.hpp"
#include "tunneld/config/values.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace tunnel::config {

namespace {

/// Networks that no tunnel leads to (RFC 6890, RFC 5771, RFC 1112 §4; RFC 4291 §2.5 and §2.7).
struct Special {
  Prefix network;
  std::string_view is;        // an address in it
  std::string_view overlaps;  // a network that reaches into it
};

const std::array<Special, 9>& special_networks() {
  static const std::array<Special, 9> networks{{
      {*Prefix::parse("0.0.0.0/8"), "no host's address", "0.0.0.0/8, which is no host's"},
      {*Prefix::parse("127.0.0.0/8"), "a loopback address", "127.0.0.0/8, which is loopback"},
      {*Prefix::parse("224.0.0.0/4"), "a multicast address", "224.0.0.0/4, which is multicast"},
      {*Prefix::parse("240.0.0.0/4"), "a reserved address", "240.0.0.0/4, which is reserved"},
      {*Prefix::parse("::1/128"), "the loopback address", "::1, which is loopback"},
      {*Prefix::parse("::/96"), "no host's address", "::/96, which is no host's"},
      {*Prefix::parse("::ffff:0:0/96"), "an IPv4 address in disguise",
       "::ffff:0:0/96, which is IPv4's"},
      {*Prefix::parse("fe80::/10"), "a link-local address", "fe80::/10, which stays on its link"},
      {*Prefix::parse("ff00::/8"), "a multicast address", "ff00::/8, which is multicast"},
  }};
  return networks;
}

/// An address, and the length after the slash if there is one; nullopt when either is malformed.
template <typename Address>
struct Parts {
  Address address;
  unsigned length;
};

template <typename Address>
std::optional<Parts<Address>> split(std::string_view text, unsigned max_length) {
  const auto slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Parts<Address>{*address, max_length};
  const auto digits = text.substr(slash + 1);
  const auto* const end = digits.data() + digits.size();
  unsigned length = 0;
  const auto [stop, error] = std::from_chars(digits.data(), end, length);
  if (digits.empty() || error != std::errc{} || stop != end || length > max_length) {
    return std::nullopt;
  }
  return Parts<Address>{*address, length};
}

/// The network that a text means, and whether it was written as one.
struct Meant {
  Prefix network;
  bool host_bits;
};

/// nullopt for what is no network, or address, of either family.
std::optional<Meant> network_meant(std::string_view text) {
  const auto meant = [](const auto& parts) {
    const auto network = *Prefix::containing(parts.address, parts.length);
    return Meant{network, !Prefix::make(parts.address, parts.length)};
  };
  if (const auto parts = split<Ipv4Address>(text, 32)) return meant(*parts);
  if (const auto parts = split<Ipv6Address>(text, 128)) return meant(*parts);
  return std::nullopt;
}

Complaint host_bits(std::string_view text, const Prefix& network) {
  return {in_quotes(text) + " has bits set behind its prefix length",
          "the network is " + in_quotes(network.str())};
}

/// "10.0.0.0/255.0.0.0" and "10.0.0.0/33" want different hints from "10.0.0".
Complaint not_a_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = text.substr(0, slash);
  if (slash != std::string_view::npos && Ipv4Address::parse(address)) {
    return {in_quotes(text) + " has no prefix length from 0 to 32 after its slash",
            "write the length, not the mask: \"192.168.1.0/24\""};
  }
  if (slash != std::string_view::npos && Ipv6Address::parse(address)) {
    return {in_quotes(text) + " has no prefix length from 0 to 128 after its slash",
            "write the length: \"2001:db8:1::/48\""};
  }
  if (text.find(':') != std::string_view::npos) {
    return {in_quotes(text) + " is not a network", "write one such as \"2001:db8:1::/48\""};
  }
  return {in_quotes(text) + " is not a network", "write one such as \"192.168.1.0/24\""};
}

}  // namespace

Checked<Ipv4Address> tunnel_address(std::string_view text) {
  static constexpr std::string_view kHint =
      "write an address of a private network that neither site uses, such as \"10.224.1.1\"";
  if (Ipv6Address::parse(text)) {
    return Complaint{in_quotes(text) + " is an IPv6 address",
                     "write an IPv4 address here, and the IPv6 ones as local6 and remote6"};
  }
  const auto address = Ipv4Address::parse(text);
  if (!address) {
    const bool network = text.find('/') != std::string_view::npos;
    return Complaint{in_quotes(text) + " is not an IPv4 address",
                     network ? "write the address alone: a link has two ends and no network"
                             : std::string{kHint}};
  }
  for (const auto& special : special_networks()) {
    if (special.network.contains(*address)) {
      return Complaint{address->str() + " is " + std::string{special.is}, std::string{kHint}};
    }
  }
  return *address;
}

Checked<AddressWish> address_wish(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = Ipv4Address::parse(text.substr(0, slash));
  if (slash == std::string_view::npos || !address) {
    const auto fixed = tunnel_address(text);
    if (!fixed.has_value()) return fixed.error();
    return AddressWish{*fixed, 32};
  }
  const auto parts = split<Ipv4Address>(text, 32);
  if (!parts) {
    return Complaint{in_quotes(text) + " has no prefix length from 0 to 32 after its slash",
                     "write the address alone, or \"10.224.1.1/24\" for this one before any other "
                     "of its network"};
  }
  const AddressWish wish{*address, static_cast<std::uint8_t>(parts->length)};
  if (wish == AddressWish{{}, 0}) return wish;
  const auto usable = tunnel_address(address->str());
  if (!usable.has_value()) return usable.error();
  const auto all = range_of(wish.network());
  if (wish.length < 31 && (*address == all.first || *address == all.last)) {
    return Complaint{address->str() + " is no host of the network " + wish.network().str(),
                     "write the address that is taken first, and the length: \"10.224.1.1/24\""};
  }
  return wish;
}

Checked<Prefix> remote_network(std::string_view text) {
  const auto meant = network_meant(text);
  if (!meant) return not_a_network(text);
  const auto& network = meant->network;
  if (network.length() == 0) {
    return Complaint{in_quotes(text) + " is a default route",
                     "it would swallow the connection that carries the tunnel; list the far "
                     "site's own networks"};
  }
  if (meant->host_bits) return host_bits(text, network);
  for (const auto& special : special_networks()) {
    if (special.network.overlaps(network)) {
      return Complaint{network.str() + " reaches into " + std::string{special.overlaps},
                       "list the far site's own networks"};
    }
  }
  return network;
}

Checked<std::string> source_network(std::string_view text) {
  const auto meant = network_meant(text);
  if (!meant) return not_a_network(text);
  if (meant->host_bits) return host_bits(text, meant->network);
  return meant->network.str();
}

}  // namespace tunnel::config
