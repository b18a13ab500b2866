#include "driver.hpp"

#include <poll.h>

#include <algorithm>

namespace tunnel::transport {

namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kWritten = 256 * 1024;  // at once

}  // namespace

bool wait_for(Transport& transport, std::chrono::milliseconds time, Reading reading) {
  std::vector<pollfd> wanted;
  for (const auto& watch : transport.watches()) {
    short events = 0;
    const bool readable = (watch.interest & Interest::Readable) != Interest::None;
    if (readable && reading == Reading::On) events |= POLLIN;
    if ((watch.interest & Interest::Writable) != Interest::None) events |= POLLOUT;
    wanted.push_back({watch.fd, events, 0});
  }
  return ::poll(wanted.data(), wanted.size(), static_cast<int>(time.count())) > 0;
}

std::uint8_t pattern(std::size_t place) noexcept {
  return static_cast<std::uint8_t>((place * 0x9e3779b97f4a7c15ULL) >> 56);
}

Transfer transfer(Transport& transport, std::size_t to_send, std::size_t to_receive,
                  std::size_t read_size) {
  Transfer done;
  std::vector<std::uint8_t> in(read_size);
  std::vector<std::uint8_t> out(kWritten);
  while (true) {
    const auto flushed = transport.flush();
    const auto got = transport.read(in);
    for (std::size_t i = 0; i < got.bytes; ++i) {
      if (in[i] != pattern(done.received + i)) ++done.wrong;
    }
    done.received += got.bytes;
    const auto size = std::min(kWritten, to_send - done.sent);
    for (std::size_t i = 0; i < size; ++i) out[i] = pattern(done.sent + i);
    const auto put = size > 0 ? transport.write(Bytes{out}.first(size)) : Io{};
    done.sent += put.bytes;
    for (const auto status : {flushed.status, got.status, put.status}) {
      if (status == IoStatus::Closed || status == IoStatus::Failed) done.status = status;
    }
    const bool complete = done.sent == to_send && done.received >= to_receive;
    if (complete || done.status != IoStatus::Done) break;
    // As a loop would: input is looked for again only when it is announced.
    if (put.bytes == 0 && !transport.pending_input() && !wait_for(transport, kPatience)) break;
  }
  return done;
}

IoStatus read_to_end(Transport& transport) {
  std::vector<std::uint8_t> in(64 * 1024);
  while (true) {
    transport.flush();
    const auto got = transport.read(in);
    if (got.status == IoStatus::Closed || got.status == IoStatus::Failed) return got.status;
    if (got.status == IoStatus::Done) continue;
    if (!wait_for(transport, kPatience)) return IoStatus::WouldBlock;
  }
}

std::string remote_text(Transport& transport) {
  std::string out;
  for (const auto& line : transport.take_remote_text(TimePoint::max())) out += line + '\n';
  return out;
}

}  // namespace tunnel::transport
