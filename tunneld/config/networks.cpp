// Addresses and networks, as values.hpp declares them.

#include "tunneld/config/text.hpp"
#include "tunneld/config/values.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace tunnel::config {

namespace {

/// Networks that no tunnel leads to (RFC 6890, RFC 5771, RFC 1112 §4).
struct Special {
  Prefix network;
  std::string_view is;        // an address in it
  std::string_view overlaps;  // a network that reaches into it
};

const std::array<Special, 4>& special_networks() {
  static const std::array<Special, 4> networks{{
      {*Prefix::parse("0.0.0.0/8"), "no host's address", "0.0.0.0/8, which is no host's"},
      {*Prefix::parse("127.0.0.0/8"), "a loopback address", "127.0.0.0/8, which is loopback"},
      {*Prefix::parse("224.0.0.0/4"), "a multicast address", "224.0.0.0/4, which is multicast"},
      {*Prefix::parse("240.0.0.0/4"), "a reserved address", "240.0.0.0/4, which is reserved"},
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

Prefix network_of(Ipv4Address address, unsigned length) {
  const std::uint32_t mask = length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
  return *Prefix::make(Ipv4Address{address.value & mask}, length);
}

Prefix network_of(Ipv6Address address, unsigned length) {
  for (unsigned bit = length; bit < 128; ++bit) {
    address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> (bit % 8)));
  }
  return *Prefix::make(address, length);
}

Complaint host_bits(std::string_view text, const Prefix& network) {
  return {in_quotes(text) + " has bits set behind its prefix length",
          "the network is " + in_quotes(network.str())};
}

/// "10.0.0.0/255.0.0.0" and "10.0.0.0/33" want different hints from "10.0.0".
Complaint not_a_network(std::string_view text) {
  const auto slash = text.find('/');
  if (slash != std::string_view::npos && Ipv4Address::parse(text.substr(0, slash))) {
    return {in_quotes(text) + " has no prefix length from 0 to 32 after its slash",
            "write the length, not the mask: \"192.168.1.0/24\""};
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
  const std::uint32_t host = address->value & ~wish.mask();
  if (wish.length < 31 && (host == 0 || host == ~wish.mask())) {
    return Complaint{address->str() + " is no host of the network " + wish.network().str(),
                     "write the address that is taken first, and the length: \"10.224.1.1/24\""};
  }
  return wish;
}

Checked<Prefix> remote_network(std::string_view text) {
  if (split<Ipv6Address>(text, 128)) {
    return Complaint{in_quotes(text) + " is an IPv6 network, which this version cannot tunnel",
                     "list IPv4 networks only; IPv6 through the tunnel comes with IPV6CP"};
  }
  const auto parts = split<Ipv4Address>(text, 32);
  if (!parts) return not_a_network(text);
  const auto network = network_of(parts->address, parts->length);
  if (network.length() == 0) {
    return Complaint{in_quotes(text) + " is a default route",
                     "it would swallow the connection that carries the tunnel; list the far "
                     "site's own networks"};
  }
  if (network.ipv4() != parts->address) return host_bits(text, network);
  for (const auto& special : special_networks()) {
    if (special.network.overlaps(network)) {
      return Complaint{network.str() + " reaches into " + std::string{special.overlaps},
                       "list the far site's own networks"};
    }
  }
  return network;
}

Checked<std::string> source_network(std::string_view text) {
  if (const auto parts = split<Ipv4Address>(text, 32)) {
    const auto network = network_of(parts->address, parts->length);
    if (network.ipv4() != parts->address) return host_bits(text, network);
    return network.str();
  }
  if (const auto parts = split<Ipv6Address>(text, 128)) {
    const auto network = network_of(parts->address, parts->length);
    if (network.ipv6() != parts->address) return host_bits(text, network);
    return network.str();
  }
  return not_a_network(text);
}

}  // namespace tunnel::config
