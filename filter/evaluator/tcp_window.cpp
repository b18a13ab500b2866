#include "filter/evaluator/tcp_window.hpp"

#include <algorithm>

namespace tunnel::filter::evaluator {

namespace {

using packet::TcpHeader;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kEstablished = 5 * 24h;
constexpr std::chrono::seconds kHalfClosed = 2h;
constexpr std::chrono::seconds kOpening = 240s;  // twice the Maximum Segment Lifetime of RFC 9293
constexpr std::chrono::seconds kClosing = 240s;
constexpr std::chrono::seconds kReset = 60s;

constexpr bool has(const TcpHeader& tcp, unsigned flags) noexcept {
  return (tcp.flags & flags) == flags;
}

/// RFC 9293 §3.4: a is at or behind b, on the circle of numbers.
constexpr bool at_or_behind(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) >= 0;
}

constexpr std::uint32_t length_of(const TcpHeader& tcp) noexcept {
  return tcp.payload + (has(tcp, kSyn) ? 1 : 0) + (has(tcp, kFin) ? 1 : 0);
}

}  // namespace

TcpWindow::TcpWindow(const TcpHeader& tcp) noexcept
    : from_its_beginning_{has(tcp, kSyn) && !has(tcp, kAck)} {
  auto& opener = sides_[0];
  auto& other = sides_[1];
  opener.known = true;
  opener.end = opener.allowed = tcp.sequence + length_of(tcp);
  opener.window = std::max<std::uint32_t>(tcp.window, 1);
  if (!from_its_beginning_) {
    // How much the other side allows is not known: four windows of this one, as a guess.
    other.known = true;
    other.end = other.allowed = tcp.acknowledgement;
    other.window = opener.window * 4;
  }
  note(opener, tcp);
}

/// What else a packet that is accepted says about its sender.
void TcpWindow::note(Side& from, const TcpHeader& tcp) noexcept {
  if (has(tcp, kSyn) && tcp.window_scale) {
    from.scale = *tcp.window_scale;
    from.scales = from.fresh_scale = true;
  }
  from.finished |= has(tcp, kFin);
  from.answered |= has(tcp, kAck);
  reset_ |= has(tcp, kRst);
}

bool TcpWindow::inside(const Side& from, const Side& to, const TcpHeader& tcp, std::uint32_t end,
                       std::int32_t skew) const noexcept {
  // The largest window that was possible before they could be scaled, and a packet.
  constexpr std::int64_t kMostSkew = 66000;
  if (at_or_behind(from.allowed, end) && at_or_behind(tcp.sequence, from.end - to.window) &&
      -std::int64_t{skew} <= kMostSkew && std::int64_t{skew} <= kMostSkew << from.scale) {
    return true;
  }
  // A host may reset by the acknowledgement alone.
  if (tcp.sequence == 0 && tcp.flags == (kRst | kAck) && skew >= -1 && skew <= 1) return true;
  if (from_its_beginning_ || from.scales) return false;
  // A connection that was there before: its windows may be scaled, which was not seen.
  return (tcp.sequence == from.allowed && skew == 0) ||
         at_or_behind(tcp.sequence + to.window, from.end - to.window);
}

bool TcpWindow::accept(Way way, const TcpHeader& tcp) noexcept {
  auto& from = sides_[way == Way::Forward ? 0 : 1];
  auto& to = sides_[way == Way::Forward ? 1 : 0];
  const auto offered =
      std::max<std::uint32_t>(std::uint32_t{tcp.window} << (has(tcp, kSyn) ? 0 : from.scale), 1);
  // The window of a SYN is not scaled; the first one that is may be smaller.
  if (!has(tcp, kSyn) && from.fresh_scale) {
    from.fresh_scale = false;
    from.window = offered;
  }
  const auto end = tcp.sequence + length_of(tcp);
  if (!from.known && (!from_its_beginning_ || has(tcp, kSyn | kAck))) {
    from.known = true;
    from.end = end - 1;
    from.window = 1;
    from.allowed = end + offered;
  }
  const bool blank_reset = has(tcp, kAck | kRst) && tcp.acknowledgement == 0;
  const auto ack = has(tcp, kAck) && !blank_reset ? tcp.acknowledgement : to.end;
  const auto skew = static_cast<std::int32_t>(to.end - ack);
  if (!inside(from, to, tcp, end, skew)) return false;

  // Behind what was seen: the rest of it came in fragments.
  if (skew < 0) to.end = ack;
  from.window = std::max(from.window, offered);
  if (at_or_behind(end, from.end)) from.end = end;
  if (at_or_behind(ack + offered, to.allowed)) to.allowed = ack + offered;
  note(from, tcp);
  return true;
}

bool TcpWindow::over() const noexcept {
  return reset_ || (sides_[0].finished && sides_[1].finished);
}

std::chrono::seconds TcpWindow::patience() const noexcept {
  if (reset_) return kReset;
  if (sides_[0].finished && sides_[1].finished) return kClosing;
  if (sides_[0].finished || sides_[1].finished) return kHalfClosed;
  return sides_[0].answered && sides_[1].answered ? kEstablished : kOpening;
}

}  // namespace tunnel::filter::evaluator
