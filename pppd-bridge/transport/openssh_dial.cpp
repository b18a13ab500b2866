#include "pppd-bridge/transport/clients.hpp"
#include "pppd-bridge/transport/deadline.hpp"
#include "pppd-bridge/transport/memory_file.hpp"
#include "pppd-bridge/transport/openssh_arguments.hpp"
#include "pppd-bridge/transport/openssh_log.hpp"
#include "pppd-bridge/transport/openssh_transport.hpp"
#include "tunneld/base/escape.hpp"

#include <poll.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

/// Dialling with the system's `ssh`: it is started with everything on its command line, and
/// followed by what it writes to its log. The known_hosts file is a memory file of ours, which it
/// opens through /proc, and so is the agent's socket; both are gone once it is authenticated (a
/// rekey needs neither).
namespace tunnel::transport {

namespace {

/// For getaddrinfo inside `ssh`, which has no limit but resolv.conf's.
constexpr std::chrono::milliseconds kResolveTimeout{60'000};
/// `ssh` keeps the connect timeout itself, in whole seconds, and its message is better than ours.
constexpr std::chrono::milliseconds kGrace{2'000};
constexpr std::size_t kMaxLine = 1024;
constexpr std::size_t kMaxTexts = 1024;

/// The environment of `ssh`: none of ours.
const std::vector<std::string> kEnvironment{"PATH=/usr/bin:/bin", "LC_ALL=C"};

/// "[192.0.2.1] port 22" → "192.0.2.1 port 22", as the other client has it.
std::string without_brackets(std::string text) {
  std::erase_if(text, [](char c) { return c == '[' || c == ']'; });
  return text;
}

class OpensshDialler {
 public:
  OpensshDialler(DialSettings& settings, std::span<const HostKey> pinned, DialObserver& observer)
      : settings_{settings}, pinned_{pinned}, observer_{observer} {}

  DialResult run() {
    observer_.stage(Stage::Resolve, settings_.host);
    if (auto error = start()) return std::move(*error);
    while (!session_) {
      if (deadline_.expired()) return timed_out();
      const bool has_output = wait_for_output();
      const auto exit = child_->process.poll_exit();
      read_log();
      // Bytes of the stream: the session stands, whatever the log of a later ssh may call it.
      session_ = session_ || has_output;
      if (exit && !session_) return explain(*exit);
    }
    std::string description = "openssh " + cipher_ + " to " + server_;
    return std::unique_ptr<Transport>{
        std::make_unique<OpensshTransport>(std::move(*child_), std::move(description))};
  }

 private:
  std::optional<DialError> start() {
    const auto known_hosts = to_bytes(known_hosts_text(pinned_));
    auto hosts = MemoryFile::create("known_hosts", known_hosts);
    if (!hosts) return failed(Permanence::Transient, hosts.error().message());
    OpensshFiles paths{hosts->path(), {}, {}};
    known_hosts_.emplace(std::move(*hosts));
    if (settings_.agent) paths.agent = path_through_this_process(settings_.agent.get());
    if (!settings_.security_key.empty()) {
      auto key = MemoryFile::create("identity", settings_.security_key);
      if (!key) return failed(Permanence::Transient, key.error().message());
      paths.identity = key->path();
      identity_.emplace(std::move(*key));
    }
    auto process = ChildProcess::start(openssh_arguments(settings_, paths, pinned_), kEnvironment);
    if (!process) return failed(Permanence::Permanent, process.error().message());
    return adopt(std::move(*process));
  }

  std::optional<DialError> adopt(ChildProcess process) {
    auto input = DescriptorEnd::create(process.take_input());
    auto output = DescriptorEnd::create(process.take_output());
    auto error = DescriptorEnd::create(process.take_error());
    for (const auto* end : {&input, &output, &error}) {
      if (!*end) return failed(Permanence::Transient, end->error().message());
    }
    child_.emplace(OpensshChild{std::move(process), std::move(*input), std::move(*output),
                                std::move(*error), LineSplitter{kMaxLine}});
    return std::nullopt;
  }

  bool wait_for_output() {
    std::array<pollfd, 3> wanted{{{child_->process.pidfd(), POLLIN, 0},
                                  {child_->error.is_open() ? child_->error.fd() : -1, POLLIN, 0},
                                  {child_->output.fd(), POLLIN, 0}}};
    ::poll(wanted.data(), wanted.size(), deadline_.poll_timeout());
    return (wanted[2].revents & POLLIN) != 0;
  }

  void read_log() {
    std::array<std::uint8_t, 4096> buffer;
    while (child_->error.is_open() && !session_) {
      const auto io = child_->error.read(buffer);
      if (io.status == IoStatus::WouldBlock) return;
      if (io.status != IoStatus::Done) return child_->error.close();
      child_->error_lines.feed(Bytes{buffer}.first(io.bytes),
                               [this](std::string_view line) { take_line(line); });
    }
  }

  void take_line(std::string_view line);
  void add_text(const std::string& text);
  void enter(Stage stage, std::string detail);
  DialError explain(const ChildExit& exit) const;
  DialError timed_out() const;

  DialError failed(Permanence permanence, std::string text) const {
    return DialError{stage_, permanence, std::move(text)};
  }

  DialSettings& settings_;
  std::span<const HostKey> pinned_;
  DialObserver& observer_;
  std::optional<MemoryFile> known_hosts_;
  std::optional<MemoryFile> identity_;
  std::optional<OpensshChild> child_;
  Deadline deadline_{kResolveTimeout};

  Stage stage_ = Stage::Resolve;
  bool session_ = false;
  std::string server_ = "sshd";
  std::string cipher_ = "?";
  std::string received_key_ = "an unknown key";
  SshLog refusal_ = SshLog::Noise;  // the kind of the line that tells why it cannot succeed
  std::string refusal_line_;
  std::string texts_;  // the other lines, joined
};

void OpensshDialler::enter(Stage stage, std::string detail) {
  stage_ = stage;
  observer_.stage(stage, std::move(detail));
}

void OpensshDialler::take_line(std::string_view line) {
  const auto [kind, detail] = session_ ? classify_session_log(line) : classify_ssh_log(line);
  const auto text = escape_text(detail);
  switch (kind) {
    case SshLog::Noise:
      return;
    case SshLog::Text:
      return session_ ? observer_.remote_text(text) : add_text(text);
    case SshLog::Connecting:
      server_ = without_brackets(text);
      deadline_ = Deadline{settings_.connect_timeout + settings_.handshake_timeout + kGrace};
      return enter(Stage::Connect, server_);
    case SshLog::Connected:
      if (stage_ >= Stage::HostKey) return;
      deadline_ = Deadline{settings_.handshake_timeout + kGrace};
      return enter(Stage::HostKey, fingerprints(pinned_));
    case SshLog::HostKey:
      received_key_ = text;
      return;
    case SshLog::HostKeyRight:
      return enter(Stage::Auth, settings_.user);
    case SshLog::Cipher:
      cipher_ = text;
      return;
    case SshLog::Authenticated:
      settings_.agent.reset();
      identity_.reset();
      known_hosts_.reset();
      return enter(Stage::Channel, escape_text(wanted_command(settings_)));
    case SshLog::Session:
      session_ = true;
      return;
    case SshLog::HostKeyWrong:
    case SshLog::NothingCommon:
    case SshLog::KeyRefused:
    case SshLog::BadSettings:
      if (refusal_ != SshLog::Noise) return;  // the first tells most
      refusal_ = kind;
      refusal_line_ = text;
      return;
  }
}

void OpensshDialler::add_text(const std::string& text) {
  if (texts_.size() + text.size() > kMaxTexts) return;
  texts_ += (texts_.empty() ? "" : "; ") + text;
}

DialError OpensshDialler::explain(const ChildExit& exit) const {
  const auto permanent = [](Stage stage, std::string text) {
    return DialError{stage, Permanence::Permanent, std::move(text)};
  };
  switch (refusal_) {
    case SshLog::HostKeyWrong:
      return permanent(Stage::HostKey, wrong_host_key_text(server_, received_key_, pinned_));
    case SshLog::NothingCommon:
      return permanent(Stage::HostKey, refusal_line_);
    case SshLog::KeyRefused:
      return permanent(Stage::Auth, refused_key_text(settings_) + " (" + refusal_line_ + ")");
    case SshLog::BadSettings:
      return permanent(stage_, refusal_line_);
    case SshLog::Noise:
    case SshLog::Text:
    case SshLog::Connecting:
    case SshLog::Connected:
    case SshLog::HostKey:
    case SshLog::HostKeyRight:
    case SshLog::Cipher:
    case SshLog::Authenticated:
    case SshLog::Session:
      break;
  }
  return DialError{stage_, Permanence::Transient, texts_.empty() ? "ssh " + exit.str() : texts_};
}

DialError OpensshDialler::timed_out() const {
  return DialError{stage_, Permanence::Transient,
                   settings_.host + ": ssh came no further than \"" + stage_name(stage_) +
                       "\" in the time allowed" + (texts_.empty() ? "" : ": " + texts_)};
}

}  // namespace

DialResult dial_openssh(DialSettings& settings, std::span<const HostKey> pinned,
                        DialObserver& observer) {
  return OpensshDialler{settings, pinned, observer}.run();
}

}  // namespace tunnel::transport
