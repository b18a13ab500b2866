#include "pppd-bridge/session/session.hpp"

#include "pppd-bridge/hdlc/encoder.hpp"
#include "pppd-bridge/session/traced_frame.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace tunnel::session {

namespace {

/// Outgoing bytes beyond which the tun device is not read: enough for full SSH packets, little
/// enough that a full link does not queue for long here.
constexpr std::size_t kOutgoingBound = 128 * 1024;
constexpr std::size_t kLargestPacket = 65535;
constexpr std::size_t kLargestFrame = hdlc::encoded_bound(kLargestPacket + ppp::kMaxFrameHeader);
/// Room for the packet that crosses the bound, and for control packets at any time.
constexpr std::size_t kOutgoingCapacity = kOutgoingBound + 2 * kLargestFrame;
constexpr std::size_t kReadSize = 256 * 1024;
/// The beginning of a frame, whose rest is yet to come, stands in front of what is read.
constexpr std::size_t kIncomingCapacity = kReadSize + vendor::kMaxFrame;
/// How long a link that has ended waits for its last words to be written: a peer that is gone, or
/// stopped, never takes them.
constexpr std::chrono::seconds kLastWords{1};
/// Reads of one wakeup, so that one direction does not starve the other.
constexpr int kReadsAtOnce = 4;
/// Likewise of the tun device, in octets and in packets.
constexpr std::size_t kTunOctetsAtOnce = 512 * 1024;
constexpr int kTunReadsAtOnce = 256;
/// More than the queue of a tun device holds (tx_queue_len, 500), so that reading comes to an end
/// even if somebody fills it meanwhile.
constexpr int kMostStalePackets = 1000;

/// The network protocol of a packet, by its version (RFC 791 §3.1, RFC 8200 §3); nullopt: neither.
std::optional<ppp::Protocol> network_protocol(Bytes packet) noexcept {
  if (packet.empty()) return std::nullopt;
  switch (packet[0] >> 4) {
    case 4:
      return ppp::Protocol::Ipv4;
    case 6:
      return ppp::Protocol::Ipv6;
    default:
      return std::nullopt;
  }
}

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

std::uint64_t new_seed(ppp::Random& random) {
  const std::uint64_t high = random.u32();
  return high << 32 | random.u32();
}

loop::Interest to_loop(transport::Interest interest) {
  return {(interest & transport::Interest::Readable) != transport::Interest::None,
          (interest & transport::Interest::Writable) != transport::Interest::None};
}

}  // namespace

Session::Session(loop::Loop& loop, Parts parts, Observer& observer, ppp::Random& random)
    : loop_{loop},
      parts_{std::move(parts)},
      observer_{observer},
      link_{parts_.ppp, *this, random},
      device_{std::move(parts_.tun), parts_.features},
      outbound_{counters_, new_seed(random)},
      inbound_{device_, std::move(parts_.sources), counters_},
      decoder_{parts_.ppp.lcp.mru.bytes + ppp::kMaxFrameHeader},
      demultiplexer_{decoder_, *this, *this},
      outgoing_{kOutgoingCapacity},
      incoming_{kIncomingCapacity},
      now_{loop.now()} {}

Session::~Session() {
  for (const auto& watch : watched_) loop_.forget(watch.fd);
  if (tun_watched_) loop_.forget(tun().get());
}

Result<void> Session::start() {
  now_ = loop_.now();
  link_.transport_up(now_);
  return turn();
}

void Session::close(std::string reason) {
  link_.close(std::move(reason), now_);
}

std::optional<TimePoint> Session::deadline() const noexcept {
  if (parts_.transport->pending_input()) return now_;
  return link_finished_ ? last_words_until_ : link_.deadline();
}

std::uint64_t Session::bad_frames() const noexcept {
  const auto& counted = decoder_.counters();
  return counted.bad_fcs + counted.too_short + counted.too_long + counted.aborted;
}

std::uint64_t Session::dropped_control() const noexcept {
  const auto dropped = link_.dropped();
  return dropped.malformed + dropped.unexpected + dropped.flooded + counters_.dropped_unsent;
}

Result<void> Session::turn() {
  now_ = loop_.now();
  static_cast<void>(parts_.transport->flush());
  read_transport();
  if (!over_ && link_.deadline() && *link_.deadline() <= now_) link_.expire(now_);
  if (tun_ready_) read_tun();
  if (!over_) write_transport();
  if (link_finished_ && (outgoing_.empty() || now_ >= last_words_until_)) over_ = true;
  tell_remote_text();
  if (over_) return {};
  if (auto watched = watch_transport(); !watched) return watched;
  return watch_tun();
}

void Session::read_transport() {
  for (int i = 0; i < kReadsAtOnce && !over_; ++i) {
    const auto room = incoming_.prepare(kReadSize).first(kReadSize);
    const auto io = parts_.transport->read(room);
    if (io.status == transport::IoStatus::WouldBlock) break;
    if (io.status != transport::IoStatus::Done) {
      transport_lost();
      break;
    }
    counters_.wire_bytes_in += io.bytes;
    incoming_.commit(io.bytes);
    take_incoming();
    if (io.bytes < kReadSize && !parts_.transport->pending_input()) break;
  }
  inbound_.flush();
  if (inbound_.peer_lies() && !link_finished_) end_lying_peer();
}

void Session::take_incoming() {
  // A peer that goes on when all is said costs no more than its octets.
  if (link_finished_) return incoming_.clear();
  const auto bad = demultiplexer_.bad_headers();
  incoming_.consume(demultiplexer_.feed(incoming_.contents()));
  for (auto count = bad; count < demultiplexer_.bad_headers(); ++count) inbound_.bad_frame(now_);
}

void Session::end_lying_peer() {
  link_.fail({ppp::DownReason::Kind::Flood, ppp::DownReason::Permanence::Abusive,
              "the peer keeps sending packets that contradict their own headers"},
             now_);
}

void Session::tell_remote_text() {
  for (auto& line : parts_.transport->take_remote_text(now_)) {
    observer_.remote_text(std::move(line));
  }
}

void Session::transport_lost() {
  over_ = true;
  if (link_finished_) return;  // the link had ended already, in good order
  tell_remote_text();          // before the end that it may be the reason of
  link_.transport_down(now_);
}

/// In turns, so that the outgoing buffer need not hold all that the transport takes at once.
void Session::write_transport() {
  for (fill_outgoing(); !outgoing_.empty(); fill_outgoing()) {
    const auto io = parts_.transport->write(outgoing_.readable());
    if (io.status == transport::IoStatus::WouldBlock) break;
    if (io.status != transport::IoStatus::Done) return transport_lost();
    counters_.wire_bytes_out += io.bytes;
    outgoing_.consume(io.bytes);
  }
  static_cast<void>(parts_.transport->flush());
}

void Session::fill_outgoing() {
  if (!link_.network_open()) return;
  const auto rules = outbound_rules();
  while (outgoing_.size() < kOutgoingBound && outbound_.send_next(*this, rules, now_)) continue;
}

void Session::read_tun() {
  tun_ready_ = false;
  if (!link_.network_open()) return;
  const auto rules = outbound_rules();
  std::size_t octets = 0;
  for (int i = 0; i < kTunReadsAtOnce && octets < kTunOctetsAtOnce; ++i) {
    auto packet = outbound_.take_buffer();
    const auto got = device_.read(packet.bytes());
    if (got.status == tun::PacketDevice::Status::Nothing) return;
    if (got.status == tun::PacketDevice::Status::Gone) return device_lost();
    octets += got.size;
    const auto protocol = network_protocol(Bytes{packet.bytes()}.first(got.size));
    if (got.status == tun::PacketDevice::Status::Odd) {
      ++counters_.dropped_malformed;
    } else if (!protocol || !link_.open(*protocol)) {
      ++counters_.dropped_down;  // its network protocol is not open
    } else {
      packet.shrink(got.size);
      outbound_.push(std::move(packet), got.offload, rules, now_);
    }
  }
}

void Session::device_lost() {
  over_ = true;
  observer_.ended({ppp::DownReason::Kind::TransportLost, ppp::DownReason::Permanence::Transient,
                   "the tun device is gone"});
}

bool Session::sends_whole() const noexcept {
  return link_.transmit_format().vendor_frames && !link_.compresses();
}

std::optional<std::uint16_t> Session::clamped_mtu() const noexcept {
  if (parts_.clamp_mss == ClampMss::No) return std::nullopt;
  return static_cast<std::uint16_t>(std::min(transmit_mru_.bytes, receive_mru_.bytes));
}

OutboundRules Session::outbound_rules() const noexcept {
  return {sends_whole() ? Carriage::Whole : Carriage::Segments, transmit_mru_, clamped_mtu()};
}

InboundRules Session::inbound_rules() const noexcept {
  return {receive_mru_, clamped_mtu()};
}

void Session::send_packet(Bytes packet, const segments::Offload& offload) {
  const auto protocol = network_protocol(packet);
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
  const auto opening = counters_.wire_bytes_out == 0 && outgoing_.empty()
                           ? hdlc::OpeningFlag::Written
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
  if (header.kind == vendor::Kind::Acknowledgement) return;
  const auto protocol = network_protocol(content);
  if (!protocol) {
    ++counters_.dropped_malformed;
    return;
  }
  record(ipc::Direction::Received, *protocol, content);
  if (!link_.open(*protocol)) {
    ++counters_.dropped_down;
    return;
  }
  link_.note_life(now_);
  inbound_.vendor_packet(family_of(*protocol), header, content, inbound_rules(), now_);
}

void Session::send(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet) {
  append_frame(format, protocol, packet);
}

// What the kernel queued while there was no network is of connections that have moved on since.
void Session::discard_stale_packets() {
  for (int i = 0; i < kMostStalePackets; ++i) {
    auto packet = outbound_.take_buffer();
    const auto got = device_.read(packet.bytes());
    if (got.status == tun::PacketDevice::Status::Nothing) return;
    if (got.status == tun::PacketDevice::Status::Gone) return device_lost();
    ++counters_.dropped_down;
  }
}

void Session::network_up(const ppp::Agreed& agreed) {
  if (!network_up_) discard_stale_packets();
  network_up_ = true;
  transmit_mru_ = agreed.transmit_mru;
  receive_mru_ = agreed.receive_mru;
  if (auto* sources = inbound_.sources()) {
    if (agreed.ipv4) sources->set_peer_ipv4(agreed.ipv4->remote);
    sources->set_peer_link_local(agreed.ipv6 ? std::optional{agreed.ipv6->remote.link_local()}
                                             : std::nullopt);
  }
  observer_.network_up(agreed);
}

void Session::network_down() {
  network_up_ = false;
  counters_.dropped_down += outbound_.clear(now_);
  observer_.network_down();
}

void Session::ask(ppp::AuthSerial serial, ppp::AuthQuestion question) {
  observer_.ask(serial, std::move(question));
}

void Session::answer(ppp::AuthSerial serial, ppp::AuthAnswer answer) {
  link_.answer(serial, std::move(answer), now_);
}

void Session::phase_changed(ppp::Phase phase) {
  observer_.phase_changed(phase);
}

void Session::finished(const ppp::DownReason& reason) {
  link_finished_ = true;
  last_words_until_ = now_ + kLastWords;
  auto told = reason;
  if (told.kind == ppp::DownReason::Kind::TransportLost) {
    told.text = parts_.transport->close_reason();
  }
  observer_.ended(told);
}

void Session::set_receive_format(const ppp::ReceiveFormat& format) {
  decoder_.set_receive_accm(hdlc::Accm{format.accm});
  decoder_.set_fcs(format.fcs);
  decoder_.set_max_content(format.mru + ppp::kMaxFrameHeader);
  if (format.vendor_frames) demultiplexer_.accept_vendor_frames();
}

void Session::log(ppp::Layer layer, std::string text) {
  observer_.log(layer, std::move(text));
}

Result<void> Session::watch_transport() {
  const auto wanted = parts_.transport->watches();
  if (wanted == watched_) return {};
  for (const auto& old : watched_) {
    const bool kept = std::any_of(wanted.begin(), wanted.end(),
                                  [&](const auto& watch) { return watch.fd == old.fd; });
    if (!kept) loop_.forget(old.fd);
  }
  for (const auto& watch : wanted) {
    const bool known = std::any_of(watched_.begin(), watched_.end(),
                                   [&](const auto& old) { return old.fd == watch.fd; });
    auto done = known ? loop_.change(watch.fd, to_loop(watch.interest))
                      : loop_.watch(watch.fd, to_loop(watch.interest), [](loop::Interest) {});
    if (!done) return done;
  }
  watched_ = wanted;
  return {};
}

Result<void> Session::watch_tun() {
  const bool wanted = link_.network_open();
  if (wanted && !tun_watched_) {
    tun_watched_ = true;
    return loop_.watch(tun().get(), {true, false}, [this](loop::Interest) { tun_ready_ = true; });
  }
  if (!wanted && tun_watched_) {
    tun_watched_ = false;
    loop_.forget(tun().get());
  }
  return {};
}

void Session::release_unused() noexcept {
  outbound_.release_unused();
  inbound_.release_unused();
}

}  // namespace tunnel::session
