#include "pppd-bridge/session/session.hpp"

#include "pppd-bridge/hdlc/encoder.hpp"

#include <algorithm>
#include <utility>

namespace tunnel::session {

namespace {

constexpr std::size_t kLargestPacket = 65535;
constexpr std::size_t kLargestFrame = hdlc::encoded_bound(kLargestPacket + ppp::kMaxFrameHeader);
/// Beyond the bound: room for the packet that crosses it, and for control packets at any time.
constexpr std::size_t kOutgoingReserve = 2 * kLargestFrame;
/// The beginning of a frame, whose rest is yet to come, stands in front of what is read, and is
/// moved only when there is room for no more than this behind it: many reads are short.
constexpr std::size_t kLeastRead = 128 * 1024;
constexpr std::size_t kIncomingCapacity = 2 * kLeastRead + vendor::kMaxFrame;
/// Reads of one wakeup, so that one direction does not starve the other.
constexpr int kReadsAtOnce = 4;
/// Likewise of the tun device, in octets and in packets.
constexpr std::size_t kTunOctetsAtOnce = 512 * 1024;
constexpr int kTunReadsAtOnce = 256;

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
      outgoing_{kOutgoingBound + kOutgoingReserve},
      incoming_{kIncomingCapacity},
      now_{loop.now()},
      began_{now_} {}

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
  if (link_finished_) return last_words_until_;
  auto first = link_.deadline();
  for (const auto& due : {acknowledger_.deadline(), in_flight_.deadline(now_)}) {
    if (due && (!first || *due < *first)) first = due;
  }
  return first;
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
  if (acknowledger_.due(now_)) acknowledge();
  if (!over_) write_transport();
  if (link_finished_ && (outgoing_.empty() || now_ >= last_words_until_)) over_ = true;
  tell_remote_text();
  if (over_) return {};
  if (auto watched = watch_transport(); !watched) return watched;
  return watch_tun();
}

void Session::read_transport() {
  for (int i = 0; i < kReadsAtOnce && !over_; ++i) {
    const auto room = incoming_.prepare(kLeastRead);
    const auto io = parts_.transport->read(room);
    if (io.status == transport::IoStatus::WouldBlock) break;
    if (io.status != transport::IoStatus::Done) {
      transport_lost();
      break;
    }
    counters_.wire_bytes_in += io.bytes;
    incoming_.commit(io.bytes);
    take_incoming();
    if (io.bytes < room.size() && !parts_.transport->pending_input()) break;
  }
  inbound_.flush();
  if (inbound_.peer_lies() && !link_finished_) end_lying_peer();
}

void Session::take_incoming() {
  // A peer that goes on when all is said costs no more than its octets.
  if (link_finished_) return incoming_.clear();
  const auto bad = demultiplexer_.bad_headers();
  incoming_.consume(demultiplexer_.feed(incoming_.contents()));
  acknowledger_.read(demultiplexer_.octets(), now_);
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
  const auto before = outgoing_.size();
  while (outgoing_.size() < kOutgoingBound && may_send() &&
         outbound_.send_next(*this, rules, now_)) {
    in_flight_.sent(vendor_octets_, now_);
  }
  if (acknowledger_.pending() && outgoing_.size() > before) acknowledge();
}

/// Only a peer of ours tells how much it has read.
bool Session::may_send() const noexcept {
  return !sends_whole() || in_flight_.room(now_) > 0;
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
    const auto protocol = ppp::network_protocol(Bytes{packet.bytes()}.first(got.size));
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
  tell_end({ppp::DownReason::Kind::TransportLost, ppp::DownReason::Permanence::Transient,
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
