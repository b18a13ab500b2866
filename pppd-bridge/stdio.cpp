// `pppd-bridge stdio`: one PPP end on standard input and output, with a tun device of its own.

#include "pppd-bridge/configurer.hpp"
#include "pppd-bridge/loop/loop.hpp"
#include "pppd-bridge/modes.hpp"
#include "pppd-bridge/sandbox/sandbox.hpp"
#include "pppd-bridge/session/link_options.hpp"
#include "pppd-bridge/session/session.hpp"
#include "pppd-bridge/session/stop_signals.hpp"
#include "pppd-bridge/session/system_random.hpp"
#include "pppd-bridge/stdio_secrets.hpp"
#include "pppd-bridge/transport/stdio_transport.hpp"
#include "pppd-bridge/tun/interface.hpp"
#include "pppd-bridge/tun/tun_device.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

namespace tunnel::bridge {

namespace {

constexpr int kMostDevices = 256;

void say(const std::string& text) {
  std::fprintf(stderr, "pppd-bridge: %s\n", text.c_str());
}

struct NamedDevice {
  InterfaceName name;
  UniqueFd device;
};

/// The device that was asked for, or the first tunN that is free.
Result<NamedDevice> open_some_device(const std::optional<InterfaceName>& wanted) {
  for (int number = 0; number < kMostDevices; ++number) {
    const auto name = wanted ? wanted : InterfaceName::parse(fmt::format("tun{}", number));
    auto device = tun::open_device(*name);
    if (device) return NamedDevice{*name, std::move(*device)};
    if (wanted || device.error().code != std::errc::device_or_resource_busy) return device.error();
  }
  return make_error(std::errc::device_or_resource_busy,
                    fmt::format("tun0 to tun{} are all taken", kMostDevices - 1));
}

/// Has the device configured when the addresses are agreed, and tells a human what happens.
class Console final : public session::Observer {
 public:
  Console(InterfaceName interface, Configurer configurer, bool debug)
      : interface_{std::move(interface)}, configurer_{std::move(configurer)}, debug_{debug} {}

  void phase_changed(ppp::Phase) override {}

  void network_up(const ppp::Agreed& agreed) override {
    tun::PointToPoint wanted{.mtu = Mtu{agreed.transmit_mru.bytes}};
    std::string text;
    if (const auto& v4 = agreed.ipv4) {
      wanted.ipv4 = tun::Ipv4Ends{v4->local, v4->remote};
      text = fmt::format(" {} -> {}", v4->local.str(), v4->remote.str());
    }
    if (const auto& v6 = agreed.ipv6) {
      wanted.link_local = v6->local.link_local();
      text += fmt::format(" {} -> {}", v6->local.str(), v6->remote.str());
    }
    const auto done = configurer_.configure(wanted);
    if (!done) {
      failure_ = done.error();
      return;
    }
    say(fmt::format("{} is up:{} mtu {}", interface_.str(), text, agreed.transmit_mru.bytes));
  }

  void network_down() override {}

  void ask(ppp::AuthSerial serial, ppp::AuthQuestion question) override {
    questions_.push_back({serial, std::move(question)});
  }

  void log(ppp::Layer layer, std::string text) override {
    if (debug_) say(fmt::format("{}: {}: {}", interface_.str(), ppp::layer_name(layer), text));
  }

  void traced(ipc::TracedFrame) override {}

  void remote_text(std::string line) override { say(line); }

  void ended(const ppp::DownReason& reason) override {
    say(fmt::format("{} is down: {}", interface_.str(), reason.text));
    status_ = reason.kind == ppp::DownReason::Kind::Closed ||
                      reason.kind == ppp::DownReason::Kind::PeerClosed
                  ? kExitSuccess
                  : kExitFailure;
  }

  struct Question {
    ppp::AuthSerial serial = 0;
    ppp::AuthQuestion question;
  };

  /// What was asked since this was called before.
  std::vector<Question> take_questions() { return std::exchange(questions_, {}); }

  const std::optional<Error>& failure() const noexcept { return failure_; }

  int status() const noexcept { return status_; }

 private:
  InterfaceName interface_;
  Configurer configurer_;
  bool debug_;
  std::vector<Question> questions_;
  std::optional<Error> failure_;
  int status_ = kExitFailure;
};

/// Answers are sent by a turn of their own, and may lead to questions.
Result<void> answer_questions(session::Session& session, Console& console, StdioSecrets& secrets) {
  for (auto asked = console.take_questions(); !asked.empty(); asked = console.take_questions()) {
    for (const auto& [serial, question] : asked) {
      session.answer(serial, secrets.answer(question));
    }
    if (auto turned = session.turn(); !turned) return turned;
  }
  return {};
}

int run_loop(loop::Loop& loop, session::Session& session, const UniqueFd& signals, Console& console,
             StdioSecrets& secrets) {
  auto watched = loop.watch(signals.get(), {true, false}, [&](loop::Interest) {
    loop.forget(signals.get());
    session.close("terminated");
  });
  if (!watched) return complain(watched.error());
  const auto confined = sandbox::enter({.profile = sandbox::Profile::Stdio});
  if (!confined) return complain(confined.error());
  if (!confined->empty()) say("sandbox: " + *confined);
  if (const auto started = session.start(); !started) return complain(started.error());
  while (!session.over()) {
    if (const auto waited = loop.run_once(session.deadline()); !waited) {
      return complain(waited.error());
    }
    if (const auto turned = session.turn(); !turned) return complain(turned.error());
    if (const auto told = answer_questions(session, console, secrets); !told) {
      return complain(told.error());
    }
    if (console.failure()) return complain(*console.failure());
  }
  return console.status();
}

}  // namespace

int run_stdio(const StdioOptions& options) {
  auto secrets = StdioSecrets::open(options);
  if (!secrets) return complain(secrets.error());
  auto named = open_some_device(options.interface);
  if (!named) return complain(named.error());
  auto configurer = Configurer::start(named->name);
  if (!configurer) return complain(configurer.error());
  auto transport = transport::stdio_transport(UniqueFd{STDIN_FILENO}, UniqueFd{STDOUT_FILENO});
  if (!transport) return complain(transport.error());
  auto signals = session::stop_signals();
  if (!signals) return complain(signals.error());
  auto loop = loop::Loop::create();
  if (!loop) return complain(loop.error());

  session::Session::Parts parts;
  parts.transport = std::move(*transport);
  parts.tun = std::move(named->device);
  parts.features = tun::use_offloads(parts.tun, options.ppp.offload);
  parts.ppp = session::link_options(options.ppp);
  parts.clamp_mss = options.ppp.clamp_mss;
  parts.ppp.channel = options.encrypted ? ppp::Channel::Encrypted : ppp::Channel::Plain;
  if (!options.networks.empty()) {
    parts.sources.emplace(session::PeerAddresses{}, options.networks);
  }
  Console console{named->name, std::move(*configurer), options.debug};
  session::SystemRandom random;
  session::Session session{*loop, std::move(parts), console, random};
  return run_loop(*loop, session, *signals, console, **secrets);
}

}  // namespace tunnel::bridge
