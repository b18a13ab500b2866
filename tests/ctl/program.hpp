#pragma once

#include "tunneld/base/unique_fd.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::ctl {

enum class StandardOutput { Pipe, Terminal, FullDisk };

/// tunnelctl as a process of its own, run by the loop that runs the fake daemon too.
class Program {
 public:
  Program(boost::asio::io_context& loop, std::vector<std::string> arguments,
          StandardOutput kind = StandardOutput::Pipe,
          const std::string& program = TUNNEL_BIN_DIR "/tunnelctl");
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  /// Turns the loop until this is so; a failure of the test after half a minute without an event.
  void until(const std::function<bool()>& condition);
  void until_output(const std::string& text);
  /// Turns the loop until the program has ended, and returns its exit status.
  int finish();
  void signal(int number) const;
  /// Stops reading what it prints, as `head` does.
  void hang_up();

  std::string out;
  std::string err;

 private:
  struct Stream;

  void read(const std::shared_ptr<Stream>& stream);
  void await_exit();

  boost::asio::io_context& loop_;
  pid_t pid_ = -1;
  std::optional<int> status_;
  std::shared_ptr<Stream> out_stream_;
  std::shared_ptr<Stream> err_stream_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> exit_;
};

}  // namespace tunnel::ctl
