#pragma once

#include "tunneld/base/address.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/config/checked.hpp"
#include "tunneld/config/configuration.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tunnel::config {

// What each kind of value must look like. A function says by its parameter which TOML type it
// takes: text, an integer, or true and false.

Checked<Role> role(std::string_view text);
Checked<Autostart> autostart(bool value);
Checked<Ticket> ticket(std::string_view text);
Checked<SshClient> ssh_client(std::string_view text);
Checked<OnDown> on_down(std::string_view text);
Checked<Forwarding> forwarding(std::string_view text);
Checked<FilterDefault> filter_default(std::string_view text);
Checked<LogStates> log_states(bool value);

/// Text for people and for the peer's log: at most 255 bytes, no control characters.
Checked<std::string> plain_text(std::string_view text);

Checked<SiteName> site_name(std::string_view text);
Checked<InterfaceName> interface_name(std::string_view text);
/// The name a gateway has in log lines: one word.
Checked<std::string> gateway_name(std::string_view text);
/// A user or a group of this machine.
Checked<std::string> account_name(std::string_view text);
/// The account at the far end. It becomes an argument of ssh, so that it must not look like an
/// option.
Checked<std::string> ssh_user(std::string_view text);
/// A host's name or address; the same holds for it.
Checked<std::string> ssh_host(std::string_view text);

/// A path that may be relative to the configuration directory.
Checked<std::filesystem::path> file_path(std::string_view text);
/// An absolute path.
Checked<std::filesystem::path> absolute_path(std::string_view text);
/// An absolute path short enough for the sockets in it (sockaddr_un).
Checked<std::filesystem::path> socket_directory(std::string_view text);

/// An absolute path of a file that node_exporter would read: *.prom.
Checked<std::filesystem::path> metrics_file(std::string_view text);

/// One end of a point-to-point link: an IPv4 unicast address.
Checked<Ipv4Address> tunnel_address(std::string_view text);
/// The same, or with a length: any address of the network, this one first. "0.0.0.0/0": any.
Checked<AddressWish> address_wish(std::string_view text);
/// A network to route into the tunnel: of either family, unicast, not the whole Internet.
Checked<Prefix> remote_network(std::string_view text);
/// A network or address of either family, as sshd's from="" takes it: "ADDRESS/LENGTH".
Checked<std::string> source_network(std::string_view text);

Checked<std::uint16_t> port(std::int64_t value);
Checked<Mru> mru(std::int64_t value);
Checked<unsigned> echo_failures(std::int64_t value);
Checked<std::uint32_t> metric(std::int64_t value);
Checked<unsigned> attempts(std::int64_t value);
/// A group of NFLOG.
Checked<std::uint16_t> log_group(std::int64_t value);
/// Bits of the conntrack mark: the lowest ones, in a row, and enough of them to number rules.
Checked<std::uint32_t> mark_mask(std::int64_t value);

/// "500ms", "1s", "2m" or "1h": a whole number and its unit. The bounds are each key's own.
Checked<std::chrono::milliseconds> echo_interval(std::string_view text);
Checked<std::chrono::milliseconds> reconnect_pause(std::string_view text);
Checked<std::chrono::milliseconds> metrics_interval(std::string_view text);

}  // namespace tunnel::config
