// The verb `trace`: frames of a link into a file that Wireshark and tcpdump read.

#include "tunneld/base/bytes.hpp"
#include "tunneld/base/hex.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/pcap.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

/// For the administrator alone: what crosses a tunnel is not everybody's business.
constexpr mode_t kMode = 0600;

/// What the kernel did not let us do, why, and what to do about it.
Error remedied(std::string what, std::string_view remedy) {
  auto error = errno_error(std::move(what));
  error.context = error.message() + ": " + std::string{remedy};
  error.code.clear();
  return error;
}

Result<UniqueFd> open_output(const std::string& path) {
  if (path == "-") {
    UniqueFd output{::dup(STDOUT_FILENO)};
    if (!output) return remedied("use standard output", "do not close it, or name a FILE");
    return output;
  }
  UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, kMode)};
  if (!file) return remedied("write " + path, "name a FILE that you may write, or -");

  // One that was there has a mode of its own.
  struct stat there {};

  if (::fstat(file.get(), &there) == 0 && S_ISREG(there.st_mode) &&
      ::fchmod(file.get(), kMode) < 0) {
    return remedied("keep " + path + " from being read by others",
                    "it is not yours: name a new FILE");
  }
  return file;
}

/// Whole, so that whoever reads along never waits for the rest of a record.
Result<void> write_all(const UniqueFd& file, Bytes octets) {
  while (!octets.empty()) {
    const auto written = ::write(file.get(), octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return remedied("write the trace", "make room, or name another FILE");
    octets = octets.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

class Tracing {
 public:
  Tracing(const Context& context, const TraceCommand& command, Client& client)
      : context_{context}, command_{command}, client_{client} {}

  ExitCode run() {
    if (auto begun = begin()) return *begun;
    while (command_.count == 0 || frames_ < command_.count) {
      const auto event = client_.next(std::nullopt);
      if (const auto* notification = std::get_if<Notification>(&event)) {
        if (const auto code = take(*notification)) return *code;
        continue;
      }
      const auto ended = *std::get_if<Ended>(&event);
      if (ended == Ended::Closed || ended == Ended::Garbled) {
        summary();
        return context_.fail(
            "tunneld has ended, and the trace with it: begin another when it runs again");
      }
      break;
    }
    summary();
    return ExitCode::Ok;
  }

 private:
  std::optional<ExitCode> begin() {
    // A client that has subscribed to nothing is cut off for its silence.
    json::object topics{{"topics", json::array{"state"}}, {"site", command_.site}};
    if (const auto subscribed = client_.call("subscribe", topics); !subscribed) {
      return fail_call(context_, client_, subscribed.error(), command_.site);
    }
    json::object params{
        {"site", command_.site}, {"all", command_.all}, {"octets", command_.octets}};
    const auto answer = client_.call("trace", params);
    if (!answer) return fail_call(context_, client_, answer.error(), command_.site);
    // Not before tunneld has agreed: a slip of the pen must not cost an older trace.
    auto output = open_output(command_.pcap);
    if (!output) return context_.fail(output.error().message());
    output_ = std::move(*output);
    if (auto ready = client_.watch(output_.get()); !ready) {
      return context_.fail(ready.error().message());
    }
    if (const auto written = write_all(output_, pcap_header()); !written) {
      return context_.fail(written.error().message());
    }
    if (flag(*answer, "idle")) context_.complain(text(*answer, "message"));
    return std::nullopt;
  }

  std::optional<ExitCode> take(const Notification& notification) {
    if (notification.method != "trace") return std::nullopt;
    const auto& frame = notification.params;
    const auto octets = from_hex(raw_text(frame, "octets"));
    if (!octets) {
      return context_.fail(
          "tunneld sent a frame that cannot be read: compare the releases (tunnelctl version), and "
          "restart tunneld if they differ");
    }
    lost_ += count(frame, "lost");
    ++frames_;
    const auto record = pcap_record(count(frame, "microseconds"),
                                    static_cast<std::uint32_t>(count(frame, "length")), *octets);
    if (const auto written = write_all(output_, record); !written) {
      return context_.fail(written.error().message());
    }
    return std::nullopt;
  }

  void summary() const {
    auto text = std::to_string(frames_) + (frames_ == 1 ? " frame" : " frames") + " written";
    if (lost_ > 0) text += ", " + std::to_string(lost_) + " lost: too many at once";
    context_.complain(text);
  }

  const Context& context_;
  const TraceCommand& command_;
  Client& client_;
  UniqueFd output_;
  std::uint64_t frames_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace

ExitCode run(const Context& context, const TraceCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  return Tracing{context, command, *client}.run();
}

}  // namespace tunnel::ctl
