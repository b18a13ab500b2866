#include "pppd-bridge/transport/ssh2_transport.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace tunnel::transport {

namespace {

/// libssh2 takes at most 32,700 bytes into one packet.
constexpr std::size_t kMaxChunk = 32700;

constexpr std::uint32_t kLeastWindow = 4 * 1024 * 1024;
constexpr std::uint32_t kMostWindow = 16 * 1024 * 1024;
constexpr std::int64_t kWindowRate = 1'000'000'000 / 8;  // octets a second

/// libssh2 adjusts the window itself when a read finds less than 3/4 of it plus the size of the
/// read, and does it badly (see ssh2_session.cpp). So we do it earlier, and bound the reads.
constexpr std::uint32_t narrow(std::uint32_t window) noexcept {
  return window / 8 * 7;
}

constexpr std::size_t kMaxRead = 384 * 1024;
static_assert(narrow(kLeastWindow) > kLeastWindow / 4 * 3 + kMaxRead);

/// One read decrypts about as much as the caller has room for; at least one packet.
constexpr std::size_t kMinAllowance = 36 * 1024;
constexpr int kMaxRounds = 8;

}  // namespace

std::uint32_t Ssh2Transport::window_for(Duration round_trip) noexcept {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(round_trip).count();
  const auto octets =
      std::clamp<std::int64_t>(microseconds, 0, 1'000'000) * kWindowRate / 1'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(octets, kLeastWindow, kMostWindow));
}

Ssh2Transport::Ssh2Transport(std::unique_ptr<Ssh2Session> session, std::uint32_t window,
                             std::string peer)
    : session_{std::move(session)},
      window_{window},
      peer_{std::move(peer)},
      pending_{session_->queued() > 0} {}

Io Ssh2Transport::read(MutableBytes into) noexcept {
  if (ended_) return {0, *ended_};
  if (broken_) return {0, conclude(Ssh2Step::Failed)};
  into = into.first(std::min(into.size(), kMaxRead));
  auto& outer = session_->outer();
  std::size_t filled = 0;
  auto last = Ssh2Step::Done;
  for (int round = 0; round < kMaxRounds && filled < into.size(); ++round) {
    // What is decrypted already comes first, or a slow reader would gather a window of it. If that
    // is not what is wanted (the other stream, or data behind a key exchange), input it must be.
    const auto wanted = into.size() - filled;
    const bool enough = last != Ssh2Step::Again && session_->queued() >= wanted;
    outer.allow_input(enough ? 0 : std::max(wanted, kMinAllowance));
    last = read_round(into.subspan(filled), filled);
    if (last == Ssh2Step::Failed || (last == Ssh2Step::Again && outer.drained())) break;
  }
  outer.allow_input(0);
  if (session_->queued() > 0) read_error_stream();
  send_held_back();
  outer.flush();
  if (filled == 0) {
    pending_ = false;
    return {0, conclude(last)};
  }
  // The stream's end may have come with these bytes, and nothing after it that epoll could
  // announce.
  broken_ = last == Ssh2Step::Failed;
  pending_ = session_->queued() > 0 || broken_ || outer.state() != OuterSocket::State::Open ||
             session_->finished();
  return {filled, IoStatus::Done};
}

Ssh2Step Ssh2Transport::read_round(MutableBytes into, std::size_t& filled) {
  if (const auto step = keep_window_wide(); step != Ssh2Step::Done) return step;
  const auto got = session_->read(Ssh2Stream::Standard, into);
  filled += got.bytes;
  return got.step;
}

Ssh2Step Ssh2Transport::keep_window_wide() {
  if (widening_ == 0) {
    const auto window = session_->receive_window();
    if (window >= narrow(window_)) return Ssh2Step::Done;
    widening_ = window_ - window;
  }
  const auto step = session_->widen_receive_window(widening_);
  if (step == Ssh2Step::Done) widening_ = 0;
  return step;
}

void Ssh2Transport::read_error_stream() {
  std::array<std::uint8_t, 4096> buffer;
  while (keep_window_wide() == Ssh2Step::Done) {
    const auto got = session_->read(Ssh2Stream::Error, buffer);
    if (got.bytes == 0) break;
    text_.feed(Bytes{buffer}.first(got.bytes));
  }
}

IoStatus Ssh2Transport::conclude(Ssh2Step last) {
  if (last == Ssh2Step::Failed) return end(IoStatus::Failed, session_->fault_text());
  if (session_->finished()) {
    const auto exit = session_->exit_text();
    return end(IoStatus::Closed, exit.empty() ? "the far side's command ended" : exit);
  }
  const auto& outer = session_->outer();
  if (outer.state() != OuterSocket::State::Open) return end(IoStatus::Failed, outer.reason());
  return IoStatus::WouldBlock;
}

IoStatus Ssh2Transport::end(IoStatus status, std::string reason) {
  text_.finish();
  reason_ = std::move(reason);
  ended_ = status;
  return status;
}

Io Ssh2Transport::write(Bytes from) noexcept {
  if (ended_) return {0, *ended_};
  auto& outer = session_->outer();
  std::size_t taken = 0;
  while (taken < from.size() && send_held_back()) {
    if (!outer.accepts_data()) outer.flush();
    if (!outer.accepts_data() || session_->send_window() == 0) break;
    const auto chunk = from.subspan(taken, std::min(from.size() - taken, kMaxChunk));
    const auto put = session_->write(chunk);
    taken += put.bytes;
    if (put.step == Ssh2Step::Done) continue;
    if (put.step == Ssh2Step::Again) {
      // A key exchange is under way. libssh2 wants these very bytes next time, and the caller may
      // come with others.
      held_back_.assign(chunk.begin(), chunk.end());
      taken += chunk.size();
    } else if (taken == 0) {
      return {0, end(IoStatus::Failed, session_->fault_text())};
    }
    break;
  }
  const auto flushed = outer.flush();
  if (taken > 0) return {taken, IoStatus::Done};
  return {0, flushed.status == IoStatus::Failed ? IoStatus::Failed : IoStatus::WouldBlock};
}

bool Ssh2Transport::send_held_back() {
  while (!held_back_.empty()) {
    const auto put = session_->write(held_back_);
    if (put.step != Ssh2Step::Done) return false;
    held_back_.erase(held_back_.begin(),
                     held_back_.begin() + static_cast<std::ptrdiff_t>(put.bytes));
  }
  return true;
}

Io Ssh2Transport::flush() noexcept {
  if (ended_) return {0, *ended_};
  const bool nothing_held = send_held_back();
  const auto flushed = session_->outer().flush();
  if (flushed.status == IoStatus::Done && !nothing_held) return {0, IoStatus::WouldBlock};
  return flushed;
}

WatchList Ssh2Transport::watches() const noexcept {
  const auto& outer = session_->outer();
  WatchList list;
  list.add({outer.fd(), outer.has_output() ? Interest::Both : Interest::Readable});
  return list;
}

std::string Ssh2Transport::close_reason() const {
  return reason_.empty() ? session_->outer().reason() : reason_;
}

std::string Ssh2Transport::describe() const {
  return "libssh2 " + session_->ciphers() + " to " + peer_;
}

}  // namespace tunnel::transport
