#pragma once

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/identifiers.hpp"
#include "tunneld/ipc/messages.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What sshd's AuthorizedKeysCommand (`tunnelctl key authorized-keys`) asks tunneld on ticket.sock:
/// one datagram there, one back. The fields are written as those of messages.hpp.
namespace tunnel::ipc {

/// Octets of a ticket: what nobody guesses.
inline constexpr std::size_t kTicketOctets = 16;

/// Longest datagram of either way: two texts and a little.
inline constexpr std::size_t kMaxTicketMessage = 4096;

/// "Somebody offers this key to my parent, an sshd session, for this site." Without a site: none
/// has the key, and the administrator may want to know of it.
struct TicketWanted {
  std::uint8_t version = kVersion;
  std::optional<SiteName> site{};  // an empty text, where there is none
  std::string key;                 // fingerprint, as it will be in the claim; may be empty
  bool operator==(const TicketWanted&) const = default;
};

struct TicketAnswer {
  std::vector<std::uint8_t> ticket;  // kTicketOctets; empty: there is none
  std::string reason;                // why there is none, for the administrator
  bool operator==(const TicketAnswer&) const = default;
};

std::vector<std::uint8_t> encode(const TicketWanted& wanted);
std::vector<std::uint8_t> encode(const TicketAnswer& answer);

/// nullopt for anything but exactly one message with every field in range.
std::optional<TicketWanted> decode_ticket_wanted(Bytes datagram);
std::optional<TicketAnswer> decode_ticket_answer(Bytes datagram);

}  // namespace tunnel::ipc
