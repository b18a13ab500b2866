#pragma once

#include "filter/packet/packet.hpp"

#include <array>
#include <chrono>
#include <cstdint>

namespace tunnel::filter::evaluator {

/// Which way a packet goes in a flow: as its first one, or back.
enum class Way : std::uint8_t { Forward, Backward };

/// The windows of a TCP connection, after G. van Rooij's "Real Stateful TCP Packet Filtering in IP
/// Filter" (2001): from what each side has sent and allowed follows what the other may send.
class TcpWindow {
 public:
  /// Begins with the first packet, a SYN or one of a connection that exists already.
  explicit TcpWindow(const packet::TcpHeader& tcp) noexcept;

  /// Whether a packet lies inside what its receiver allows; if so, it is taken into account.
  bool accept(Way way, const packet::TcpHeader& tcp) noexcept;

  /// Whether both sides have ended the connection, so that a SYN begins another.
  bool over() const noexcept;

  /// For how long the connection may be silent.
  std::chrono::seconds patience() const noexcept;

 private:
  struct Side {
    bool known = false;
    std::uint32_t end = 0;      // behind the last octet that it has sent
    std::uint32_t allowed = 0;  // behind the last octet that it may send
    std::uint32_t window = 1;   // the largest that it has offered
    std::uint8_t scale = 0;     // RFC 7323 §2
    bool scales = false;
    bool fresh_scale = false;  // the scale has not been used yet
    bool finished = false;     // sent FIN
    bool answered = false;     // sent anything with ACK
  };

  bool inside(const Side& from, const Side& to, const packet::TcpHeader& tcp, std::uint32_t end,
              std::int32_t skew) const noexcept;
  void note(Side& from, const packet::TcpHeader& tcp) noexcept;

  std::array<Side, 2> sides_{};
  bool from_its_beginning_ = false;  // the first packet was a SYN
  bool reset_ = false;
};

}  // namespace tunnel::filter::evaluator
