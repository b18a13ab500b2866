#include "pppd-bridge/transport/openssh_transport.hpp"

#include "pppd-bridge/transport/openssh_log.hpp"
#include "tunneld/base/escape.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <utility>

namespace tunnel::transport {

namespace {

constexpr std::size_t kErrorBytesPerRead = 16 * 1024;
constexpr std::size_t kErrorBytesAtEnd = 256 * 1024;
constexpr int kStatusOfSshItself = 255;  // ssh(1), EXIT STATUS; or a command killed by a signal

}  // namespace

OpensshTransport::OpensshTransport(OpensshChild child, std::string description)
    : child_{std::move(child)}, description_{std::move(description)} {}

Io OpensshTransport::read(MutableBytes into) noexcept {
  if (ended_) return {0, *ended_};
  read_error_stream(kErrorBytesPerRead);
  auto io = child_.output.read(into);
  if (io.status == IoStatus::Done) return io;
  if (io.status != IoStatus::WouldBlock) child_.output.close();
  const auto exit = child_.process.poll_exit();
  if (!exit) return {0, IoStatus::WouldBlock};
  io = child_.output.read(into);  // what it wrote last, between the two lines above
  if (io.status == IoStatus::Done) return io;
  return {0, conclude(*exit)};
}

IoStatus OpensshTransport::conclude(const ChildExit& exit) {
  read_error_stream(kErrorBytesAtEnd);
  child_.error_lines.finish([this](std::string_view line) { take_error_line(line); });
  if (exit.status && *exit.status != kStatusOfSshItself) {
    ended_ = IoStatus::Closed;
    reason_ =
        *exit.status == 0 ? "the far side's command ended" : "the far side's command " + exit.str();
  } else {
    ended_ = IoStatus::Failed;
    reason_ = "ssh " + exit.str() + (last_line_.empty() ? "" : ": " + last_line_);
  }
  return *ended_;
}

Io OpensshTransport::write(Bytes from) noexcept {
  if (ended_) return {0, *ended_};
  if (from.empty()) return {0, IoStatus::WouldBlock};
  const auto io = child_.input.write(from);
  if (io.status == IoStatus::Done || io.status == IoStatus::WouldBlock) return io;
  // `ssh` reads no more, so it is about to end: read() will find out why.
  child_.input.close();
  return {0, IoStatus::WouldBlock};
}

/// Nothing waits in this process: what write() takes is in the pipe.
Io OpensshTransport::flush() noexcept {
  if (ended_) return {0, *ended_};
  return {0, IoStatus::Done};
}

WatchList OpensshTransport::watches() const noexcept {
  WatchList list;
  const auto& [process, input, output, error, lines] = child_;
  if (input.is_open()) {
    list.add({input.fd(), input.write_blocked() ? Interest::Writable : Interest::None});
  }
  if (output.is_open()) list.add({output.fd(), Interest::Readable});
  if (error.is_open()) list.add({error.fd(), Interest::Readable});
  if (!ended_) list.add({process.pidfd(), Interest::Readable});
  return list;
}

void OpensshTransport::read_error_stream(std::size_t limit) {
  std::array<std::uint8_t, 4096> buffer;
  for (std::size_t taken = 0; taken < limit && child_.error.is_open();) {
    const auto io = child_.error.read(buffer);
    if (io.status == IoStatus::WouldBlock) return;
    if (io.status != IoStatus::Done) return child_.error.close();
    taken += io.bytes;
    child_.error_lines.feed(Bytes{buffer}.first(io.bytes),
                            [this](std::string_view line) { take_error_line(line); });
  }
}

void OpensshTransport::take_error_line(std::string_view line) {
  if (classify_session_log(line).kind != SshLog::Text) return;
  last_line_ = escape_text(line);
  text_.add_line(line);
}

}  // namespace tunnel::transport
