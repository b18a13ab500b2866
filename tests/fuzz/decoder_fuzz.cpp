// The HDLC decoder: a stream cut at arbitrary places, with the FCS, the ACCM and the limit that the
// first octets say. Each content is within the limit, the cuts change nothing, and all kinds of
// machine find the same.

#include "pppd-bridge/hdlc/decoder.hpp"
#include "pppd-bridge/hdlc/machine.hpp"
#include "tests/fuzz/input.hpp"
#include "tests/fuzz/target.hpp"
#include "tunneld/base/check.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace tunnel::hdlc {
namespace {

struct Settings {
  Fcs fcs{};
  Accm accm;
  std::size_t limit = 0;
  std::uint8_t cut = 0;  // where the stream breaks, in a way that repeats
};

class Frames final : public FrameSink {
 public:
  explicit Frames(std::size_t limit) : limit_{limit} {}

  void frame(Bytes content) override {
    TUNNEL_CHECK(content.size() <= limit_);
    TUNNEL_CHECK(content.size() >= 2);
    found.emplace_back(content.begin(), content.end());
  }

  std::vector<std::vector<std::uint8_t>> found;

 private:
  std::size_t limit_;
};

struct Outcome {
  std::vector<std::vector<std::uint8_t>> frames;
  DecoderCounters counters;

  /// What follows a frame that is too long is noise from where that was noticed, which depends on
  /// how many octets a machine takes at once.
  bool operator==(const Outcome& other) const {
    return frames == other.frames && counters.bad_fcs == other.counters.bad_fcs &&
           counters.too_short == other.counters.too_short &&
           counters.too_long + counters.aborted == other.counters.too_long + other.counters.aborted;
  }
};

Outcome decode(const Settings& settings, Bytes wire, const Machine& machine, bool in_pieces) {
  Frames frames{settings.limit};
  Decoder decoder{settings.limit, machine};
  decoder.set_fcs(settings.fcs);
  decoder.set_receive_accm(settings.accm);
  std::uint32_t mixed = settings.cut;
  while (!wire.empty()) {
    mixed = mixed * 1664525 + 1013904223;
    const auto size =
        in_pieces ? std::min<std::size_t>(1 + (mixed >> 26), wire.size()) : wire.size();
    decoder.feed(wire.first(size), frames);
    wire = wire.subspan(size);
  }
  TUNNEL_CHECK(decoder.counters().frames == frames.found.size());
  return {std::move(frames.found), decoder.counters()};
}

}  // namespace
}  // namespace tunnel::hdlc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tunnel::hdlc;
  tunnel::fuzz::Input in{{data, size}};
  Settings settings;
  settings.fcs = static_cast<tunnel::Fcs>(in.below(3));
  settings.accm = Accm{in.u32()};
  settings.limit = 2 + in.below(2048);
  settings.cut = in.u8();
  const auto wire = in.rest();
  const auto whole = decode(settings, wire, this_machine(), false);
  TUNNEL_CHECK(whole == decode(settings, wire, this_machine(), true));
  for (const auto& machine : machines()) {
    if (machine.runs_here()) TUNNEL_CHECK(whole == decode(settings, wire, machine, true));
  }
  return 0;
}
