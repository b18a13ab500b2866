// Packets into frames, and frames into packets.

#include "pppd-bridge/hdlc/encoder.hpp"
#include "pppd-bridge/session/session.hpp"
#include "pppd-bridge/session/traced_frame.hpp"

#include <chrono>
#include <utility>

namespace tunnel::session {

namespace {

Family family_of(ppp::Protocol network) noexcept {
  return network == ppp::Protocol::Ipv4 ? Family::Ipv4 : Family::Ipv6;
}

/// How a frame of our own says what a packet's metadata say.
vendor::Kind kind_of(const segments::Offload& offload) noexcept {
  if (offload.gso == segments::Gso::None) {
    return offload.checksum == segments::Checksum::Partial ? vendor::Kind::PartialChecksum
                                                           : vendor::Kind::Packet;
  }
  return offload.cwr == segments::Cwr::Set ? vendor::Kind::CongestedSuperPacket
                                           : vendor::Kind::SuperPacket;
}

}  // namespace

void Session::send_packet(Bytes packet, const segments::Offload& offload) {
  const auto protocol = ppp::network_protocol(packet);
  if (!protocol || !link_.open(*protocol)) {
    ++counters_.dropped_down;  // closed since it was queued
    return;
  }
  ++counters_.packets_out;
  counters_.bytes_out += packet.size();
  if (sends_whole()) {
    record(ipc::Direction::Sent, *protocol, packet);
    return append_vendor_frame(packet, offload);
  }
  const auto compressed =
      link_.compresses() ? link_.compress(*protocol, packet) : std::optional<Bytes>{};
  const auto format = link_.transmit_format();
  if (compressed) {
    append_frame(format, ppp::Protocol::Compressed, *compressed);
  } else {
    append_frame(format, *protocol, packet);
  }
}

void Session::append_vendor_frame(Bytes packet, const segments::Offload& offload) {
  vendor_octets_ += vendor::kHeaderSize + packet.size();
  outgoing_.append(vendor::write_header(
      {kind_of(offload), offload.segment_size, static_cast<std::uint32_t>(packet.size())}));
  outgoing_.append(packet);
}

void Session::append_frame(const ppp::TransmitFormat& format, ppp::Protocol protocol,
                           Bytes packet) {
  record(ipc::Direction::Sent, protocol, packet);
  const auto header = ppp::write_header(format, protocol);
  const auto bound = hdlc::encoded_bound(header.bytes().size() + packet.size());
  if (bound > outgoing_.free()) {
    ++counters_.dropped_unsent;  // a control packet: PPP repeats what matters
    return;
  }
  // Behind a frame of our own, it is what a peer that has lost its way begins again at.
  const bool first = counters_.wire_bytes_out == 0 && outgoing_.empty();
  const auto opening = first || link_.transmit_format().vendor_frames ? hdlc::OpeningFlag::Written
                                                                      : hdlc::OpeningFlag::Shared;
  outgoing_.commit(hdlc::encode_frame(header.bytes(), packet,
                                      hdlc::FrameFormat{hdlc::Accm{format.accm}, format.fcs},
                                      opening, outgoing_.prepare(bound)));
}

void Session::frame(Bytes content) {
  const auto parsed = ppp::parse_frame(content);
  if (parsed) record(ipc::Direction::Received, parsed->protocol, parsed->payload);
  if (!parsed) {
    ++counters_.dropped_malformed;
  } else if (link_.open(parsed->protocol)) {
    link_.note_life(now_);
    if (link_.decompresses()) link_.note_uncompressed(parsed->protocol, parsed->payload, now_);
    deliver(parsed->protocol, parsed->payload);
  } else if (parsed->protocol == ppp::Protocol::Compressed && link_.decompresses()) {
    link_.note_life(now_);
    compressed_frame(parsed->payload);
  } else {
    link_.receive(parsed->protocol, parsed->payload, now_);
  }
}

void Session::trace(ipc::TraceScope scope, std::size_t octets) noexcept {
  trace_ = scope;
  trace_octets_ = octets;
}

void Session::path_changed() noexcept {
  link_.doubt(loop_.now());
}

void Session::record(ipc::Direction direction, ppp::Protocol protocol, Bytes packet) {
  if (!is_traced(trace_, protocol)) return;
  observer_.traced(traced_frame(direction, protocol, packet, trace_octets_));
}

/// What was compressed is never a control packet, nor compressed twice (RFC 1979 §3).
void Session::compressed_frame(Bytes information) {
  const auto content = link_.decompress(information, now_);
  const auto parsed = content ? ppp::parse_frame(*content) : std::nullopt;
  if (!parsed || !ppp::compressible(parsed->protocol)) {
    ++counters_.dropped_malformed;
  } else if (link_.open(parsed->protocol)) {
    deliver(parsed->protocol, parsed->payload);
  } else {
    ++counters_.dropped_down;
  }
}

void Session::deliver(ppp::Protocol protocol, Bytes packet) {
  inbound_.standard_packet(family_of(protocol), packet, inbound_rules());
}

void Session::vendor_frame(const vendor::Header& header, MutableBytes content) {
  if (header.kind == vendor::Kind::Acknowledgement) return take_acknowledgement(content);
  const auto protocol = ppp::network_protocol(content);
  if (!protocol) return inbound_.bad_frame(now_);
  record(ipc::Direction::Received, *protocol, content);
  if (!link_.open(*protocol)) {
    ++counters_.dropped_down;
    return;
  }
  link_.note_life(now_);
  inbound_.vendor_packet(family_of(*protocol), header, content, inbound_rules(), now_);
}

void Session::acknowledge() {
  const vendor::Header header{vendor::Kind::Acknowledgement, 0, vendor::kAcknowledgementSize};
  // Until LCP is open again, nobody knows whether the peer takes such frames (network_up()).
  if (!link_.transmit_format().vendor_frames) return acknowledger_.put_off(std::nullopt);
  if (outgoing_.size() >= kOutgoingBound) {
    return acknowledger_.put_off(now_ + Acknowledger::kDelay);
  }
  const auto told = acknowledger_.tell();
  const std::chrono::nanoseconds clock{told.at - began_};
  outgoing_.append(vendor::write_header(header));
  outgoing_.append(
      vendor::write_acknowledgement({told.octets, static_cast<std::uint64_t>(clock.count())}));
}

void Session::take_acknowledgement(Bytes content) {
  const auto read = vendor::read_acknowledgement(content);
  const auto told = read ? in_flight_.acknowledged(read->octets, read->clock, now_)
                         : queue::Acknowledged::Impossible;
  if (told == queue::Acknowledged::Impossible) return inbound_.bad_frame(now_);
  link_.note_life(now_);
}

void Session::send(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet) {
  append_frame(format, protocol, packet);
}

}  // namespace tunnel::session
