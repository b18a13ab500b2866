// The demultiplexer: a peer's stream, cut at arbitrary places, of which a beginning is read before
// frames of our own were agreed on. Each content lies in what was fed, the cuts change nothing, and
// no more than the beginning of one frame is ever to be kept.

#include "pppd-bridge/vendor/demultiplexer.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace tunnel::vendor {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t kLimit = 1504;

/// One of either kind; without a header one of RFC 1662.
struct Found {
  std::optional<Header> header;
  Octets content;
  bool operator==(const Found&) const = default;
};

class Frames final : public hdlc::FrameSink, public FrameSink {
 public:
  void frame(Bytes content) override {
    TUNNEL_CHECK(content.size() <= kLimit);
    found.push_back({std::nullopt, {content.begin(), content.end()}});
  }

  void vendor_frame(const Header& header, MutableBytes content) override {
    TUNNEL_CHECK(content.size() == header.length && content.size() <= kMaxPacket);
    TUNNEL_CHECK(content.data() >= fed.data() + kHeaderSize);
    TUNNEL_CHECK(content.data() + content.size() <= fed.data() + fed.size());
    TUNNEL_CHECK(is_super(header.kind) == (header.segment_size > 0));
    found.push_back({header, {content.begin(), content.end()}});
    std::ranges::fill(content, std::uint8_t{0});  // which it may
  }

  Bytes fed;
  std::vector<Found> found;
};

struct Outcome {
  std::vector<Found> found;
  Octets waiting;
  std::uint64_t bad_headers = 0;
  std::uint64_t octets = 0;
  bool operator==(const Outcome&) const = default;
};

/// A demultiplexer that is fed as a session feeds it.
class Reader {
 public:
  void feed(Bytes next) {
    waiting_.insert(waiting_.end(), next.begin(), next.end());
    frames_.fed = waiting_;
    const auto used = demultiplexer_.feed(waiting_);
    TUNNEL_CHECK(used <= waiting_.size());
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(used));
    TUNNEL_CHECK(waiting_.size() < kMaxFrame);
    TUNNEL_CHECK(waiting_.empty() || accepting_);
  }

  void accept() {
    accepting_ = true;
    demultiplexer_.accept_vendor_frames();
  }

  Outcome outcome() const {
    return {frames_.found, waiting_, demultiplexer_.bad_headers(), demultiplexer_.octets()};
  }

 private:
  Frames frames_;
  hdlc::Decoder decoder_{kLimit};
  Demultiplexer demultiplexer_{decoder_, frames_, frames_};
  Octets waiting_;
  bool accepting_ = false;
};

/// `cut`: where the stream breaks, in a way that repeats.
Outcome read_in_pieces(Bytes before, Bytes stream, std::uint8_t cut) {
  Reader reader;
  reader.feed(before);
  reader.accept();
  std::uint32_t mixed = cut;
  while (!stream.empty()) {
    mixed = mixed * 1664525 + 1013904223;
    const auto next = stream.first(std::min<std::size_t>(1 + (mixed >> 27), stream.size()));
    stream = stream.subspan(next.size());
    reader.feed(next);
  }
  return reader.outcome();
}

Outcome read_at_once(Bytes before, Bytes stream) {
  Reader reader;
  reader.feed(before);
  reader.accept();
  if (!stream.empty()) reader.feed(stream);
  return reader.outcome();
}

}  // namespace
}  // namespace tunnel::vendor

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::vendor;
  tunnel::fuzz::Input in{{data, size}};
  const auto cut = in.u8();
  const auto before = in.take(in.u8());
  const auto stream = in.rest();
  TUNNEL_CHECK(read_in_pieces(before, stream, cut) == read_at_once(before, stream));
  return 0;
}
