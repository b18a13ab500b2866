#pragma once

#include "tests/ctl/fake_daemon.hpp"
#include "tests/ctl/program.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace tunnel::ctl {

/// How a run of tunnelctl ended, and what it printed.
struct Outcome {
  int code = -1;
  std::string out;
  std::string err;
};

/// tunnelctl, a daemon for it, and a configuration whose runtime_dir has the daemon's socket.
class CtlTest : public ::testing::Test {
 protected:
  CtlTest() {
    folder_.write("etc/tunneld.toml", "[gateway]\nname = \"talisker\"\nruntime_dir = \"" +
                                          folder_.path.native() +
                                          "\"\nlog_dir = \"/var/log/elsewhere\"\n"
                                          "control_group = \"operators\"\n");
  }

  FakeDaemon& daemon() {
    if (!daemon_) daemon_.emplace(loop_, socket_);
    return *daemon_;
  }

  /// With the configuration's folder put before the arguments.
  std::vector<std::string> arguments(std::vector<std::string> rest) const {
    rest.insert(rest.begin(), {"--config", (folder_.path / "etc").native()});
    return rest;
  }

  Outcome tunnelctl(const std::vector<std::string>& rest) {
    Program program{loop_, arguments(rest)};
    const int code = program.finish();
    return {code, program.out, program.err};
  }

  boost::asio::io_context loop_;
  ScratchFolder folder_;
  std::filesystem::path socket_ = folder_.path / "control.sock";
  std::optional<FakeDaemon> daemon_;
};

}  // namespace tunnel::ctl
