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
constexpr std::size_t kIncomingSize = 256 * 1024;
/// How long a link that has ended waits for its last words to be written: a peer that is gone, or
/// stopped, never takes them.
constexpr std::chrono::seconds kLastWords{1};
/// Reads of one wakeup, so that one direction does not starve the other.
constexpr int kReadsAtOnce = 4;
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
      decoder_{parts_.ppp.lcp.mru.bytes + ppp::kMaxFrameHeader},
      outgoing_{kOutgoingCapacity},
      incoming_{new std::uint8_t[kIncomingSize]},
      packet_{new std::uint8_t[kLargestPacket]},
      now_{loop.now()} {}

Session::~Session() {
  for (const auto& watch : watched_) loop_.forget(watch.fd);
  if (tun_watched_) loop_.forget(parts_.tun.get());
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
    const auto io = parts_.transport->read({incoming_.get(), kIncomingSize});
    if (io.status == transport::IoStatus::WouldBlock) return;
    if (io.status != transport::IoStatus::Done) return transport_lost();
    counters_.wire_bytes_in += io.bytes;
    // A peer that goes on when all is said costs no more than its octets.
    if (!link_finished_) decoder_.feed({incoming_.get(), io.bytes}, *this);
    if (io.bytes < kIncomingSize && !parts_.transport->pending_input()) return;
  }
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

void Session::write_transport() {
  while (!outgoing_.empty()) {
    const auto io = parts_.transport->write(outgoing_.readable());
    if (io.status == transport::IoStatus::WouldBlock) break;
    if (io.status != transport::IoStatus::Done) return transport_lost();
    counters_.wire_bytes_out += io.bytes;
    outgoing_.consume(io.bytes);
  }
  static_cast<void>(parts_.transport->flush());
}

void Session::read_tun() {
  tun_ready_ = false;
  const auto format = link_.transmit_format();
  while (link_.network_open() && outgoing_.size() < kOutgoingBound) {
    const auto got = ::read(parts_.tun.get(), packet_.get(), kLargestPacket);
    if (got > 0) {
      forward({packet_.get(), static_cast<std::size_t>(got)}, format);
      continue;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    over_ = true;
    observer_.ended({ppp::DownReason::Kind::TransportLost, ppp::DownReason::Permanence::Transient,
                     "the tun device is gone"});
    return;
  }
}

void Session::forward(Bytes packet, const ppp::TransmitFormat& format) {
  const auto protocol = network_protocol(packet);
  if (!protocol || !link_.open(*protocol)) {
    ++counters_.dropped_down;  // its network protocol is not open
    return;
  }
  if (packet.size() > transmit_mru_) {
    ++counters_.dropped_too_big;
    return;
  }
  const auto compressed =
      link_.compresses() ? link_.compress(*protocol, packet) : std::optional<Bytes>{};
  if (compressed) {
    append_frame(format, ppp::Protocol::Compressed, *compressed);
  } else {
    append_frame(format, *protocol, packet);
  }
  ++counters_.packets_out;
  counters_.bytes_out += packet.size();
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
  const auto family = protocol == ppp::Protocol::Ipv4 ? Family::Ipv4 : Family::Ipv6;
  const auto verdict = parts_.sources ? parts_.sources->check(family, packet)
                       : network_protocol(packet) == protocol ? Verdict::Accept
                                                              : Verdict::Malformed;
  if (verdict == Verdict::WrongSource) {
    ++counters_.dropped_source;
  } else if (verdict == Verdict::Malformed) {
    ++counters_.dropped_malformed;
  } else if (::write(parts_.tun.get(), packet.data(), packet.size()) < 0) {
    ++counters_.dropped_tun;
  } else {
    ++counters_.packets_in;
    counters_.bytes_in += packet.size();
  }
}

void Session::send(const ppp::TransmitFormat& format, ppp::Protocol protocol, Bytes packet) {
  append_frame(format, protocol, packet);
}

// What the kernel queued while there was no network is of connections that have moved on since.
void Session::discard_stale_packets() {
  for (int i = 0; i < kMostStalePackets; ++i) {
    if (::read(parts_.tun.get(), packet_.get(), kLargestPacket) <= 0) return;
    ++counters_.dropped_down;
  }
}

void Session::network_up(const ppp::Agreed& agreed) {
  if (!network_up_) discard_stale_packets();
  network_up_ = true;
  transmit_mru_ = agreed.transmit_mru.bytes;
  if (parts_.sources) {
    if (agreed.ipv4) parts_.sources->set_peer_ipv4(agreed.ipv4->remote);
    parts_.sources->set_peer_link_local(
        agreed.ipv6 ? std::optional{agreed.ipv6->remote.link_local()} : std::nullopt);
  }
  observer_.network_up(agreed);
}

void Session::network_down() {
  network_up_ = false;
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
  const bool wanted = link_.network_open() && outgoing_.size() < kOutgoingBound;
  if (wanted && !tun_watched_) {
    tun_watched_ = true;
    return loop_.watch(parts_.tun.get(), {true, false},
                       [this](loop::Interest) { tun_ready_ = true; });
  }
  if (!wanted && tun_watched_) {
    tun_watched_ = false;
    loop_.forget(parts_.tun.get());
  }
  return {};
}

}  // namespace tunnel::session
