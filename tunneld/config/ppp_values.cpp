#include "tunneld/config/ppp_values.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/value_kinds.hpp"
#include "tunneld/config/values.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace tunnel::config {

namespace {

using std::chrono::milliseconds;

struct Unusable {
  std::string_view network;
  std::string_view is;
};

/// Addresses that no end of a tunnel can have (RFC 4291 §2.5 and §2.7).
constexpr std::array<Unusable, 5> kUnusable6{{
    {"::1/128", "the loopback address"},
    {"::/96", "no host's address"},
    {"::ffff:0:0/96", "an IPv4 address in disguise"},
    {"fe80::/10", "a link-local address, which every link has anyway"},
    {"ff00::/8", "a multicast address"},
}};

/// The hosts of a network: without its own address and that of all its hosts, where it has them.
AddressRange hosts_of(const Prefix& network) {
  const auto all = range_of(network);
  if (network.length() >= 31) return all;
  return {{all.first.value + 1}, {all.last.value - 1}};
}

Checked<AddressRange> of_sensible_size(std::string_view text, AddressRange range) {
  constexpr std::uint32_t kMost = 65536;
  if (range.last.value - range.first.value < kMost) return range;
  return Complaint{in_quotes(text) + " has more than 65536 addresses",
                   "write as many as there are sites: each takes one"};
}

}  // namespace

Checked<Ipv6Address> tunnel_address6(std::string_view text) {
  static constexpr std::string_view kHint =
      "write an address of a network that neither site uses, such as \"fd00:224::1\"";
  const auto address = Ipv6Address::parse(text);
  if (!address) {
    return Complaint{in_quotes(text) + " is not an IPv6 address",
                     text.find('/') != std::string_view::npos
                         ? "write the address alone: a link has two ends and no network"
                         : std::string{kHint}};
  }
  for (const auto& [network, is] : kUnusable6) {
    if (!Prefix::parse(network)->contains(address->bytes)) continue;
    return Complaint{address->str() + " is " + std::string{is}, std::string{kHint}};
  }
  return *address;
}

Checked<std::uint64_t> interface_id(std::string_view text) {
  const auto address = Ipv6Address::parse(text);
  if (address) {
    ByteReader in{address->bytes};
    const auto high = in.u64();
    const auto low = in.u64();
    if (*high == 0 && *low != 0) return *low;
  }
  return Complaint{in_quotes(text) + " is not an interface identifier",
                   "write the low 64 bits of an address, not all of them zero: \"::1\" or "
                   "\"::200:5eff:fe00:5301\""};
}

Checked<Ipv4Address> name_server(std::string_view text) {
  auto address = tunnel_address(text);
  if (address.has_value()) return address;
  return Complaint{address.error().message, "write the IPv4 address of a name server"};
}

Checked<Policy> policy(std::string_view text) {
  return choose<Policy, 4>(text, {{{"deny", Policy::Deny},
                                   {"accept", Policy::Accept},
                                   {"request", Policy::Request},
                                   {"require", Policy::Require}}});
}

Checked<Policy> mru_policy(std::string_view text) {
  if (text == "deny") {
    return Complaint{"the MRU cannot be denied: whatever is agreed, every end takes 1500 bytes",
                     "write \"accept\" to ask for nothing but 1500"};
  }
  return policy(text);
}

Checked<Fcs> fcs(std::string_view text) {
  return choose<Fcs, 3>(text, {{{"16", Fcs::Ccitt16}, {"32", Fcs::Ccitt32}, {"none", Fcs::None}}});
}

Checked<AuthMethod> auth_method(std::string_view text) {
  return choose<AuthMethod, 3>(text, {{{word(AuthMethod::MsChapV2), AuthMethod::MsChapV2},
                                       {word(AuthMethod::ChapMd5), AuthMethod::ChapMd5},
                                       {word(AuthMethod::Pap), AuthMethod::Pap}}});
}

Checked<std::string> ppp_name(std::string_view text) {
  if (text.empty()) return Complaint{"this name is empty", "write the name as secrets.toml has it"};
  return plain_text(text);
}

Checked<Offload> offload(bool value) {
  return value ? Offload::Use : Offload::Avoid;
}

Checked<ClampMss> clamp_mss(bool value) {
  return value ? ClampMss::Yes : ClampMss::No;
}

Checked<std::uint32_t> accm(std::int64_t value) {
  return between<std::uint32_t>(
      value, 0, std::numeric_limits<std::uint32_t>::max(),
      "one bit for each control character to be escaped: 0x00000000 is none, 0xffffffff all");
}

Checked<unsigned> max_configure(std::int64_t value) {
  return between<unsigned>(value, 1, 100,
                           "10 Configure-Requests without an answer are the default");
}

Checked<unsigned> max_terminate(std::int64_t value) {
  return between<unsigned>(value, 1, 100, "2 Terminate-Requests without an answer are the default");
}

Checked<unsigned> max_failure(std::int64_t value) {
  return between<unsigned>(value, 1, 100, "5 Configure-Naks without agreement are the default");
}

Checked<milliseconds> restart_interval(std::string_view text) {
  return duration(text, milliseconds{100}, std::chrono::minutes{1});
}

Checked<milliseconds> rechallenge_interval(std::string_view text) {
  constexpr auto kShortest = std::chrono::seconds{10};
  const auto interval = duration(text, milliseconds{0}, std::chrono::hours{24});
  if (!interval.has_value() || *interval == milliseconds{0} || *interval >= kShortest) {
    return interval;
  }
  return Complaint{in_quotes(text) + " is shorter than \"10s\"",
                   "write at least \"10s\", or \"0s\" for never"};
}

Checked<std::string> pool_name(std::string_view text) {
  const auto name = SiteName::parse(text);
  if (name) return name->str();
  return Complaint{in_quotes(text) + " cannot be a pool's name",
                   "write a-z, 0-9, - and _, at most 32 of them, a letter or digit first"};
}

Checked<AddressRange> pool_addresses(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) {
    const auto network = remote_network(text);
    if (!network.has_value()) return network.error();
    if (network->family() == Family::Ipv4) return of_sensible_size(text, hosts_of(*network));
    return Complaint{in_quotes(text) + " is IPv6, of which a pool has no need",
                     "write local6 and remote6 in the profile"};
  }
  const auto first = tunnel_address(text.substr(0, dash));
  const auto last = tunnel_address(text.substr(dash + 1));
  for (const auto& end : {first, last}) {
    if (end.has_error()) {
      return Complaint{end.error().message,
                       "write a range such as \"10.224.2.10-10.224.2.99\", without blanks"};
    }
  }
  if (*first <= *last) return of_sensible_size(text, {*first, *last});
  return Complaint{in_quotes(text) + " ends before it begins",
                   "write the lower address first: " + in_quotes(last->str() + '-' + first->str())};
}

}  // namespace tunnel::config
