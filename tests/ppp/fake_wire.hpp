#pragma once

#include "tests/ppp/fake_link.hpp"
#include "tests/ppp/secret_keeper.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace tunnel::ppp::test {

/// What a wire does to packets, each with its probability in percent.
struct Faults {
  unsigned lost = 0;
  unsigned doubled = 0;
  unsigned damaged = 0;
  unsigned late = 0;  // up to a second, and so overtaken by others
};

/// Two ends, a wire with a delay between them, and a virtual clock.
class FakeWire {
 public:
  FakeWire(const LinkOptions& first, const LinkOptions& second, std::uint32_t seed = 1,
           Faults faults = {})
      : FakeWire{first, second, seed, faults, Chance{std::mt19937{seed + 2}}} {}

  /// Where the faults come from: evenly distributed numbers.
  using Chance = std::function<std::uint32_t()>;

  FakeWire(const LinkOptions& first, const LinkOptions& second, std::uint32_t seed, Faults faults,
           Chance chance)
      : a{first, seed}, b{second, seed + 1}, chance_{std::move(chance)}, faults_{faults} {}

  static constexpr Duration kDelay = 10ms;

  void up() {
    a.link.transport_up(now);
    b.link.transport_up(now);
    collect();
  }

  /// The next thing that happens, no later than `until`; false: nothing does.
  bool step(TimePoint until) {
    const auto due = next_due();
    if (!due || *due > until) {
      now = std::max(now, until);
      return false;
    }
    now = std::max(now, *due);
    if (const auto packet = take_arrived()) {
      packet->to->link.receive(packet->packet.protocol, packet->packet.bytes, now);
    } else {
      for (auto* end : {&a, &b}) {
        if (const auto deadline = end->link.deadline(); deadline && *deadline <= now) {
          end->link.expire(now);
        }
      }
    }
    collect();
    return true;
  }

  void run(Duration time) {
    for (const auto until = now + time; step(until);) {
    }
  }

  /// No faults from now on; what is under way keeps its own.
  void become_perfect() { faults_ = {}; }

  /// The connection below is gone for both.
  void down() {
    a.link.transport_down(now);
    b.link.transport_down(now);
  }

  bool both_open() const { return a.link.network_open() && b.link.network_open(); }

  bool both_finished() const { return !a.finished_reasons.empty() && !b.finished_reasons.empty(); }

  End a;
  End b;
  SecretKeeper a_secrets{"home", "open sesame"};
  SecretKeeper b_secrets{"labs", "open sesame"};
  bool answering = true;  // tunneld is there
  TimePoint now{1h};

 private:
  struct Flying {
    TimePoint arrival;
    End* to = nullptr;
    Packet packet;
  };

  bool happens(unsigned percent) { return percent > 0 && chance_() % 100 < percent; }

  void collect() {
    for (auto* from : {&a, &b}) {
      auto* to = from == &a ? &b : &a;
      for (; !from->questions.empty() && answering; from->questions.pop_front()) {
        auto& keeper = from == &a ? a_secrets : b_secrets;
        auto& asked = from->questions.front();
        from->link.answer(asked.serial, keeper.answer(asked.question), now);
      }
      for (; !from->outgoing.empty(); from->outgoing.pop_front()) put(to, from->outgoing.front());
    }
  }

  void put(End* to, const Packet& packet) {
    if (happens(faults_.lost)) return;
    if (happens(faults_.doubled)) fly(to, packet);
    fly(to, packet);
  }

  void fly(End* to, Packet packet) {
    if (happens(faults_.damaged) && !packet.bytes.empty()) {
      packet.bytes[chance_() % packet.bytes.size()] ^=
          static_cast<std::uint8_t>(1 + chance_() % 255);
    }
    const auto extra = happens(faults_.late) ? std::chrono::milliseconds{chance_() % 1000} : 0ms;
    flying_.push_back({now + kDelay + extra, to, std::move(packet)});
  }

  std::optional<TimePoint> next_due() const {
    std::optional<TimePoint> first;
    const auto consider = [&first](std::optional<TimePoint> due) {
      if (due && (!first || *due < *first)) first = due;
    };
    for (const auto& each : flying_) consider(each.arrival);
    consider(a.link.deadline());
    consider(b.link.deadline());
    return first;
  }

  std::optional<Flying> take_arrived() {
    const auto earliest =
        std::min_element(flying_.begin(), flying_.end(),
                         [](const Flying& x, const Flying& y) { return x.arrival < y.arrival; });
    if (earliest == flying_.end() || earliest->arrival > now) return std::nullopt;
    auto taken = std::move(*earliest);
    flying_.erase(earliest);
    return taken;
  }

  Chance chance_;
  Faults faults_;
  std::vector<Flying> flying_;
};

inline LinkOptions home() {
  return options("10.224.1.1", "10.224.1.2");
}

inline LinkOptions labs() {
  return options("10.224.1.2", "10.224.1.1");
}

}  // namespace tunnel::ppp::test
