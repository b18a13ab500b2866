#pragma once

#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/link.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tunnel::ppp::test {

using namespace std::chrono_literals;

/// Repeatable randomness.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint32_t seed) : engine_{seed} {}

  std::uint32_t u32() override { return static_cast<std::uint32_t>(engine_()); }

 private:
  std::mt19937 engine_;
};

/// A packet on the wire, a copy of its own.
struct Packet {
  Protocol protocol{};
  std::vector<std::uint8_t> bytes;
  TransmitFormat format;

  Code code() const { return bytes.empty() ? Code{} : Code{bytes[0]}; }

  std::uint8_t id() const { return bytes.size() < 2 ? std::uint8_t{0} : bytes[1]; }

  std::vector<std::uint8_t> data() const {
    return bytes.size() < 4 ? std::vector<std::uint8_t>{}
                            : std::vector<std::uint8_t>(bytes.begin() + 4, bytes.end());
  }
};

/// One end: a Link and everything it asked of the world, in order.
class End final : private LinkOutput {
 public:
  explicit End(const LinkOptions& options, std::uint32_t seed = 1)
      : random{seed}, link{options, *this, random} {}

  std::deque<Packet> outgoing;  // taken off by the wire
  std::vector<Packet> sent;     // kept
  std::vector<std::string> lines;
  std::vector<Phase> phases;
  std::vector<DownReason> finished_reasons;
  std::optional<Agreed> agreed;  // while the network is up
  unsigned network_ups = 0;
  unsigned network_downs = 0;
  ReceiveFormat receive_format;

  struct Question {
    AuthSerial serial = 0;
    AuthQuestion question;
  };

  std::deque<Question> questions;  // not answered yet

  /// The words of the one end there was; "" before, and a remark when there were several.
  std::string reason() const {
    if (finished_reasons.empty()) return "";
    return finished_reasons.size() == 1 ? finished_reasons[0].text : "finished more than once";
  }

  bool logged(const std::string& line) const {
    for (const auto& each : lines) {
      if (each == line) return true;
    }
    return false;
  }

  std::vector<Packet> sent_of(Protocol protocol, Code code) const {
    std::vector<Packet> found;
    for (const auto& packet : sent) {
      if (packet.protocol == protocol && packet.code() == code) found.push_back(packet);
    }
    return found;
  }

  void forget() {
    outgoing.clear();
    sent.clear();
    lines.clear();
  }

 private:
  void send(const TransmitFormat& format, Protocol protocol, Bytes packet) override {
    outgoing.push_back({protocol, {packet.begin(), packet.end()}, format});
    sent.push_back(outgoing.back());
  }

  void network_up(const Agreed& facts) override {
    agreed = facts;
    ++network_ups;
  }

  void network_down() override {
    agreed.reset();
    ++network_downs;
  }

  void ask(AuthSerial serial, AuthQuestion question) override {
    questions.push_back({serial, std::move(question)});
  }

  void phase_changed(Phase phase) override { phases.push_back(phase); }

  void finished(const DownReason& reason) override { finished_reasons.push_back(reason); }

  void set_receive_format(const ReceiveFormat& format) override { receive_format = format; }

  void log(Layer layer, std::string text) override {
    lines.push_back(std::string{layer_name(layer)} + ": " + std::move(text));
  }

  SeededRandom random;

 public:
  Link link;
};

inline LinkOptions options(const char* local, const char* remote) {
  LinkOptions out;
  out.ipv4.local.preferred = *Ipv4Address::parse(local);
  out.ipv4.remote.preferred = *Ipv4Address::parse(remote);
  // The options of the standards, so that what a test expects is what an RFC says.
  out.lcp.policy.vendor = Policy::Accept;
  return out;
}

inline std::vector<std::uint8_t> control(Code code, std::uint8_t id,
                                         const std::vector<std::uint8_t>& data = {}) {
  return build_control_packet(code, id, data);
}

}  // namespace tunnel::ppp::test
