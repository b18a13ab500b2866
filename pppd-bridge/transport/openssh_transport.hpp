#pragma once

#include "pppd-bridge/transport/child_process.hpp"
#include "pppd-bridge/transport/descriptor_end.hpp"
#include "pppd-bridge/transport/line_splitter.hpp"
#include "pppd-bridge/transport/remote_text.hpp"
#include "pppd-bridge/transport/transport.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tunnel::transport {

/// A running `ssh` and the pipes to it.
struct OpensshChild {
  ChildProcess process;
  DescriptorEnd input;
  DescriptorEnd output;
  DescriptorEnd error;
  LineSplitter error_lines{1024};
};

/// The stream through an `ssh` whose session is open. It ends when `ssh` does.
class OpensshTransport final : public Transport {
 public:
  /// `description` is "openssh aes128-gcm@openssh.com to 192.0.2.1 port 22".
  OpensshTransport(OpensshChild child, std::string description);

  Io read(MutableBytes into) noexcept override;
  Io write(Bytes from) noexcept override;
  Io flush() noexcept override;
  WatchList watches() const noexcept override;

  std::vector<std::string> take_remote_text(TimePoint now) override { return text_.take(now); }

  pid_t child() const noexcept override { return child_.process.pid(); }

  std::string close_reason() const override { return reason_; }

  std::string describe() const override { return description_; }

 private:
  void read_error_stream(std::size_t limit);
  void take_error_line(std::string_view line);
  IoStatus conclude(const ChildExit& exit);

  OpensshChild child_;
  std::string description_;
  RemoteText text_;
  std::string last_line_;  // what `ssh` said last, escaped
  std::optional<IoStatus> ended_;
  std::string reason_;
};

}  // namespace tunnel::transport
