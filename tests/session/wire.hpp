#pragma once

#include "pppd-bridge/loop/loop.hpp"
#include "pppd-bridge/session/session.hpp"
#include "tests/session/packets.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::session::test {

/// Numbers that differ between two ends, and are the same in every run.
class CountingRandom final : public ppp::Random {
 public:
  explicit CountingRandom(std::uint32_t first) : next_{first} {}

  std::uint32_t u32() override { return next_ += 0x9e3779b9; }

 private:
  std::uint32_t next_;
};

/// One end: a session, its loop, a socket in place of its tun device, and all that it reports.
class End final : private Observer {
 public:
  End(Ipv4Address local, Ipv4Address remote);

  /// What the session is made of; to be changed before start().
  Session::Parts parts;

  /// Begins PPP over two descriptors.
  void start(UniqueFd in, UniqueFd out);
  /// One wakeup: waits at most until `deadline`, and does what there is to do. Nothing once over.
  void turn(TimePoint deadline);

  bool over() const { return !session || session->over(); }

  TimePoint now() const { return loop.now(); }

  /// A packet out of the tun device, as the kernel gives it; false: it has to wait.
  bool put(Bytes packet) const;
  /// The packets that came into the tun device.
  std::vector<Packet> take() const;

  UniqueFd kernel;  // the other side of the tun device
  loop::Loop loop;
  std::unique_ptr<Session> session;
  std::vector<ppp::DownReason> reasons;  // of ended()
  std::vector<ppp::Phase> phases;
  std::optional<ppp::Agreed> agreed;
  int network_downs = 0;
  std::vector<ipc::TracedFrame> traced_frames;

 private:
  void phase_changed(ppp::Phase phase) override { phases.push_back(phase); }

  void network_up(const ppp::Agreed& what) override { agreed = what; }

  void network_down() override { ++network_downs; }

  void ask(ppp::AuthSerial, ppp::AuthQuestion) override {}

  void log(ppp::Layer, std::string) override {}

  void traced(ipc::TracedFrame frame) override { traced_frames.push_back(std::move(frame)); }

  void remote_text(std::string) override {}

  void ended(const ppp::DownReason& reason) override { reasons.push_back(reason); }

  CountingRandom random_;
};

enum class Medium { Socket, Pipes };

/// Two ends and the stream between them, driven by turns in one thread.
class Wire {
 public:
  explicit Wire(Medium medium = Medium::Socket);

  /// Begins PPP at both ends.
  void start();
  /// Takes turns until `done`, or for `patience` at most; says whether it was done.
  bool run_until(const std::function<bool()>& done, Duration patience = std::chrono::seconds{20});
  /// Starts, and waits until both ends have a network.
  bool bring_up();
  /// Octets into the stream, towards `a` or `b`, beside what the sessions write.
  void inject_towards_a(std::string_view octets) const;
  void inject_towards_b(std::string_view octets) const;
  /// Both directions of a socket end.
  void cut() const;
  /// The process of an end, `a` or `b`, is gone: its descriptors are closed.
  void kill(End& end);

  End a{address("10.224.1.1"), address("10.224.1.2")};
  End b{address("10.224.1.2"), address("10.224.1.1")};

 private:
  /// Changes whenever anything moves.
  std::uint64_t activity() const;

  UniqueFd a_in_, a_out_, b_in_, b_out_;  // until start()
  UniqueFd beside_a_, beside_b_;          // what each end writes into, a second time
};

}  // namespace tunnel::session::test
