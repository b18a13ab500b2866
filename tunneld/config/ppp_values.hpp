#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/config/checked.hpp"
#include "tunneld/config/configuration.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tunnel::config {

// Values of [ppp], [ppp.options] and [ppp.auth], and of [pools], as values.hpp has the others.

/// A global or unique local IPv6 address.
Checked<Ipv6Address> tunnel_address6(std::string_view text);
/// An interface identifier, written as the low half of an address: "::1".
Checked<std::uint64_t> interface_id(std::string_view text);
/// A name server to tell a peer of.
Checked<Ipv4Address> name_server(std::string_view text);

Checked<Policy> policy(std::string_view text);
/// The same without "deny": every end must take 1500 bytes whatever is said of the MRU (RFC 1661
/// §6.1), so that to refuse the option would only hide that the peer takes less or more.
Checked<Policy> mru_policy(std::string_view text);
Checked<Fcs> fcs(std::string_view text);
Checked<AuthMethod> auth_method(std::string_view text);
/// The name of an end of a link: what PAP and CHAP carry, 1 to 255 bytes.
Checked<std::string> ppp_name(std::string_view text);

Checked<Offload> offload(bool value);
Checked<ClampMss> clamp_mss(bool value);

Checked<std::uint32_t> accm(std::int64_t value);
Checked<unsigned> max_configure(std::int64_t value);
Checked<unsigned> max_terminate(std::int64_t value);
Checked<unsigned> max_failure(std::int64_t value);
Checked<std::chrono::milliseconds> restart_interval(std::string_view text);
/// "0s", or a time long enough for the challenge not to be a load.
Checked<std::chrono::milliseconds> rechallenge_interval(std::string_view text);

/// The name of a pool.
Checked<std::string> pool_name(std::string_view text);
/// "10.224.2.10-10.224.2.99", or "10.224.3.0/28" for its hosts, or one address.
Checked<AddressRange> pool_addresses(std::string_view text);

}  // namespace tunnel::config
