#include "pppd-bridge/transport/stdio_transport.hpp"

#include "pppd-bridge/transport/descriptor_end.hpp"

#include <csignal>
#include <cstring>
#include <utility>

namespace tunnel::transport {

namespace {

class StdioTransport final : public Transport {
 public:
  StdioTransport(DescriptorEnd in, DescriptorEnd out) : in_{std::move(in)}, out_{std::move(out)} {}

  Io read(MutableBytes into) noexcept override {
    return noted(in_.read(into), in_, "standard input was closed", "read standard input");
  }

  Io write(Bytes from) noexcept override {
    if (from.empty()) return {0, IoStatus::WouldBlock};
    return noted(out_.write(from), out_, "nobody reads our standard output",
                 "write standard output");
  }

  /// Nothing waits in this process: what write() takes is in the kernel.
  Io flush() noexcept override { return {0, IoStatus::Done}; }

  WatchList watches() const noexcept override {
    WatchList list;
    list.add({in_.fd(), Interest::Readable});
    list.add({out_.fd(), out_.write_blocked() ? Interest::Writable : Interest::None});
    return list;
  }

  std::string close_reason() const override { return reason_; }

  std::string describe() const override { return "standard input and output"; }

 private:
  Io noted(Io io, const DescriptorEnd& end, const char* closed, const char* doing) {
    if (!reason_.empty()) return io;
    if (io.status == IoStatus::Closed) reason_ = closed;
    if (io.status == IoStatus::Failed) {
      reason_ = std::string{doing} + ": " + std::strerror(end.error());
    }
    return io;
  }

  DescriptorEnd in_;
  DescriptorEnd out_;
  std::string reason_;
};

}  // namespace

Result<std::unique_ptr<Transport>> stdio_transport(UniqueFd in, UniqueFd out) {
  std::signal(SIGPIPE, SIG_IGN);
  auto input = DescriptorEnd::create(std::move(in));
  if (!input) return input.error();
  auto output = DescriptorEnd::create(std::move(out));
  if (!output) return output.error();
  return std::unique_ptr<Transport>{
      std::make_unique<StdioTransport>(std::move(*input), std::move(*output))};
}

}  // namespace tunnel::transport
