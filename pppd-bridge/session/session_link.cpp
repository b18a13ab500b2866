// What the PPP engine asks of a session.

#include "pppd-bridge/session/session.hpp"

#include <chrono>
#include <utility>

namespace tunnel::session {

namespace {

/// How long a link that has ended waits for its last words to be written: a peer that is gone, or
/// stopped, never takes them.
constexpr std::chrono::seconds kLastWords{1};

/// More than the queue of a tun device holds (tx_queue_len, 500), so that reading comes to an end
/// even if somebody fills it meanwhile.
constexpr int kMostStalePackets = 1000;

}  // namespace

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
  if (over_) return;  // the device is gone, as has been said
  network_up_ = true;
  transmit_mru_ = agreed.transmit_mru;
  receive_mru_ = agreed.receive_mru;
  acknowledger_.resume(now_);
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
  tell_end(told);
}

/// Of two ends, as of a device that is gone when the peer says goodbye, the first is the reason.
void Session::tell_end(const ppp::DownReason& reason) {
  if (!std::exchange(end_told_, true)) observer_.ended(reason);
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

}  // namespace tunnel::session
