#include "tunneld/ipc/ticket.hpp"

#include "tunneld/base/check.hpp"
#include "tunneld/ipc/codec.hpp"

#include <utility>

namespace tunnel::ipc {

std::vector<std::uint8_t> encode(const TicketWanted& wanted) {
  ByteWriter out;
  put(out, wanted.version);
  put(out, wanted.site ? wanted.site->str() : std::string{});
  put(out, wanted.key);
  return std::move(out).finish();
}

std::vector<std::uint8_t> encode(const TicketAnswer& answer) {
  TUNNEL_CHECK(answer.ticket.empty() || answer.ticket.size() == kTicketOctets);
  ByteWriter out;
  out.u8(static_cast<std::uint8_t>(answer.ticket.size()));
  for (const auto octet : answer.ticket) out.u8(octet);
  put(out, answer.reason);
  return std::move(out).finish();
}

std::optional<TicketWanted> decode_ticket_wanted(Bytes datagram) {
  ByteReader in{datagram};
  TicketWanted wanted;
  std::string site;
  const bool good = get(in, wanted.version) && get(in, site) && get(in, wanted.key);
  if (!good || !in.empty()) return std::nullopt;
  if (!site.empty()) wanted.site = SiteName::parse(site);
  if (!site.empty() && !wanted.site) return std::nullopt;
  return wanted;
}

std::optional<TicketAnswer> decode_ticket_answer(Bytes datagram) {
  ByteReader in{datagram};
  TicketAnswer answer;
  const auto size = in.u8();
  if (!size || (*size != 0 && *size != kTicketOctets)) return std::nullopt;
  const auto ticket = in.take(*size);
  if (!ticket || !get(in, answer.reason) || !in.empty()) return std::nullopt;
  answer.ticket.assign(ticket->begin(), ticket->end());
  return answer;
}

}  // namespace tunnel::ipc
