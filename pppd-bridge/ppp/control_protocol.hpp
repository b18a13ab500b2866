#pragma once

#include "pppd-bridge/ppp/automaton.hpp"
#include "pppd-bridge/ppp/control_packet.hpp"
#include "pppd-bridge/ppp/drop_counters.hpp"
#include "pppd-bridge/ppp/frame.hpp"
#include "pppd-bridge/ppp/output.hpp"
#include "pppd-bridge/ppp/packet_log.hpp"
#include "tunneld/base/bytes.hpp"
#include "tunneld/base/rate_limiter.hpp"
#include "tunneld/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::ppp {

class ControlProtocol;

/// What the engines ask of the link that owns them. Implementations must not call back into the
/// engine that calls.
class EngineOutput {
 public:
  virtual void send_packet(const ControlProtocol& from, Bytes packet) = 0;
  virtual void layer_up(const ControlProtocol& which, TimePoint now) = 0;
  virtual void layer_down(const ControlProtocol& which, TimePoint now) = 0;
  virtual void layer_finished(const ControlProtocol& which, TimePoint now) = 0;

 protected:
  ~EngineOutput() = default;
};

/// What this end thinks of one option of the peer's Configure-Request (RFC 1661 §5.2 to §5.4).
struct Verdict {
  enum class Answer : std::uint8_t { Ack, Nak, Reject };

  Answer answer = Answer::Ack;
  std::vector<std::uint8_t> suggestion;  // for a Nak: the whole option as it would be accepted

  static Verdict ack() { return {}; }

  static Verdict reject() { return {Answer::Reject, {}}; }

  static Verdict nak(std::vector<std::uint8_t> option) { return {Answer::Nak, std::move(option)}; }
};

/// How the peer answered an option of ours.
enum class Refusal : std::uint8_t { Nak, Reject };

/// The automaton of RFC 1661 §4 with its timer, counters and the packets of codes 1 to 7, which LCP
/// and all network control protocols share. What differs is in the hooks. It has no clock and no
/// descriptor: time comes with every call, packets leave by EngineOutput.
///
/// A packet becomes an event; the table's cell gives the next state and the actions; handle() is
/// the only writer of the state.
class ControlProtocol {
 public:
  ControlProtocol(const ControlProtocol&) = delete;
  ControlProtocol& operator=(const ControlProtocol&) = delete;

  void up(TimePoint now);  // the layer below is up
  void down(TimePoint now);
  void open(TimePoint now);
  /// Ends the layer; `text` goes to the peer in the Terminate-Request.
  void close(std::string text, TimePoint now);

  void receive(Bytes packet, TimePoint now);
  /// The peer sent a Protocol-Reject for this protocol.
  void protocol_rejected(TimePoint now);

  void expire(TimePoint now);  // does nothing before deadline()

  std::optional<TimePoint> deadline() const noexcept { return timer_; }  // nullopt: nothing to do

  State state() const noexcept { return state_; }

  bool opened() const noexcept { return state_ == State::Opened; }

  Protocol protocol() const noexcept { return protocol_; }

  Layer layer() const noexcept { return layer_; }

  /// Why the layer failed, or why the peer ended it; nullopt while neither is so.
  const std::optional<DownReason>& failure() const noexcept { return failure_; }

  /// What the peer said in its last Terminate-Request, escaped; nullopt: it sent none.
  const std::optional<std::string>& peer_terminated() const noexcept { return peer_terminated_; }

  /// The reason that makes; only where the peer sent one.
  DownReason peer_closed() const;

  const DropCounters& dropped() const noexcept { return dropped_; }

  /// The peer's MRU, once LCP knows it.
  void set_transmit_limit(std::size_t octets) noexcept { transmit_limit_ = octets; }

 protected:
  ControlProtocol(Protocol protocol, Layer layer, const AutomatonLimits& limits, EngineOutput& out,
                  PacketLog& log);
  ~ControlProtocol() = default;

  // The hooks: what one protocol brings.

  /// The layer below came up: negotiation starts from the profile's wishes.
  virtual void reset_wishes() = 0;
  /// Options of our next Configure-Request.
  virtual void write_request(ByteWriter& out) const = 0;
  /// One option of the peer's request. It is judged as if it stood alone; doubles never get here.
  virtual Verdict review(const RawOption& option) = 0;
  /// Called before the options of a request are reviewed: forget those of an earlier one.
  virtual void begin_review() = 0;

  /// Called after them: options the peer left out and should have sent are appended to `naks`.
  virtual void append_missing(ByteWriter& /*naks*/) {}

  /// The peer Naks or Rejects an option of ours; for a Nak, `option` is what it would accept.
  virtual void refused(Refusal refusal, const RawOption& option) = 0;

  /// Codes beyond 7. False: unknown, to be answered with a Code-Reject.
  virtual bool receive_other(const ControlPacket& /*packet*/, TimePoint /*now*/) { return false; }

  virtual void when_up(TimePoint now) = 0;  // before the link hears of it

  virtual void when_down(TimePoint /*now*/) {}  // likewise

  /// " MRU[4] 1500"
  virtual std::string describe(const RawOption& option) const = 0;

  /// Why a negotiation ends in which the peer insists on what we refuse, where there is more to
  /// say about it than that.
  virtual std::optional<DownReason> insisted_on() const { return std::nullopt; }

  /// The longest packet that the peer takes: its MRU, which LCP is the first to know.
  virtual std::size_t transmit_limit() const noexcept { return transmit_limit_; }

  // For the hooks' use.

  /// What the answering actions of a cell answer.
  struct Stimulus {
    std::uint8_t id = 0;
    Code answer_code{};  // sca, scn
    Bytes answer{};      // sca, scn: the options; ser: the data of the reply
    Bytes rejected{};    // scj: the packet
  };

  void handle(Event event, const Stimulus& stimulus, TimePoint now);
  /// Sends a packet of a code beyond 7 and returns its identifier.
  std::uint8_t send_other(Code code, Bytes data);

  /// Sends one with the identifier of a packet of the peer's.
  void answer_other(Code code, std::uint8_t id, Bytes data) { send(code, id, data); }

  /// The first failure counts; the layer closes once the present packet is dealt with.
  void fail(DownReason reason);
  void count_malformed(std::string_view what);

  /// Whether `rate` allows one more; where it does not, the packet is counted as dropped.
  bool within(RateLimiter& rate, TimePoint now) noexcept { return dropped_.admit(rate, now); }

  PacketLog& log() noexcept { return log_; }

  const AutomatonLimits& limits() const noexcept { return limits_; }

  unsigned naks_sent() const noexcept { return naks_sent_; }

 private:
  void perform(Action action, const Stimulus& stimulus, TimePoint now);
  void set_state(State next);
  void arm(TimePoint now);

  void receive_configure_request(const ControlPacket& packet, TimePoint now);
  void receive_configure_ack(const ControlPacket& packet, TimePoint now);
  void receive_refusal(Refusal refusal, const ControlPacket& packet, TimePoint now);
  void receive_terminate_request(const ControlPacket& packet, TimePoint now);
  void receive_code_reject(const ControlPacket& packet, TimePoint now);
  void receive_unknown(const ControlPacket& packet, TimePoint now);
  void dispatch(const ControlPacket& packet, TimePoint now);

  struct Answer {
    Code code = Code::ConfigureAck;
    std::vector<std::uint8_t> options;
  };

  Answer review_request(Bytes options);
  void note_flood();
  bool answers_open_request(const ControlPacket& packet);
  bool all_requested(Bytes options) const;

  // The actions of RFC 1661 §4.4 that are more than one call.
  void this_layer_up(TimePoint now);
  void this_layer_down(TimePoint now);
  void this_layer_finished(TimePoint now);
  void initialize_restart_count();
  void zero_restart_count(TimePoint now);
  void send_configure_request(TimePoint now);
  void send_configure_ack(const Stimulus& stimulus);
  void send_configure_refusal(const Stimulus& stimulus);
  void send_code_reject(const Stimulus& stimulus, TimePoint now);
  void send_terminate_request(TimePoint now);
  void send(Code code, std::uint8_t id, Bytes data);
  void log_packet(std::string_view direction, Code code, std::uint8_t id);
  void log_options(Bytes options);
  void close_if_failed(TimePoint now);
  bool consistent() const noexcept;

  const Protocol protocol_;
  const Layer layer_;
  const AutomatonLimits limits_;
  EngineOutput& out_;
  PacketLog& log_;

  std::size_t transmit_limit_ = kDefaultMru;
  State state_ = State::Initial;
  std::optional<TimePoint> timer_;
  unsigned restart_counter_ = 0;

  std::uint8_t next_id_ = 1;
  std::uint8_t request_id_ = 0;
  bool request_answered_ = true;       // no answer to request_id_ is waited for
  std::vector<std::uint8_t> request_;  // options of the last Configure-Request
  unsigned naks_sent_ = 0;             // since the last Configure-Ack sent
  unsigned refusals_ = 0;              // received since the last Configure-Ack received
  unsigned refusals_sent_ = 0;         // Naks and Rejects since the last Configure-Ack sent
  unsigned requests_sent_ = 0;         // since the layer was last at rest or opened
  std::uint64_t flooded_since_up_ = 0;
  std::string terminate_text_;
  std::optional<std::string> peer_terminated_;
  std::optional<DownReason> failure_;
  bool close_pending_ = false;  // fail() was called while a packet was dealt with

  RateLimiter requests_{40, 10};  // Configure- and Terminate-Requests answered
  RateLimiter rejects_{10, 10};   // Code-Rejects sent
  DropCounters dropped_;
};

}  // namespace tunnel::ppp
