#pragma once

#include "pppd-bridge/transport/dial.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tunnel::transport {

/// Records what dial() tells.
class Record final : public DialObserver {
 public:
  void stage(Stage stage, std::string detail) override {
    stages.emplace_back(stage, std::move(detail));
  }

  void remote_text(std::string line) override { lines.push_back(std::move(line)); }

  std::vector<Stage> order() const {
    std::vector<Stage> out;
    for (const auto& [stage, detail] : stages) out.push_back(stage);
    return out;
  }

  std::vector<std::pair<Stage, std::string>> stages;
  std::vector<std::string> lines;
};

/// Dials, and fails the test with dial()'s own words if that does not succeed.
inline std::unique_ptr<Transport> connect(DialSettings settings) {
  Record record;
  auto result = dial(std::move(settings), record);
  if (result.has_value()) return std::move(*result);
  ADD_FAILURE() << stage_name(result.error().stage) << ": " << result.error().text;
  return nullptr;
}

/// Dials, and expects it to fail.
inline DialError dial_error(DialSettings settings) {
  Record record;
  auto result = dial(std::move(settings), record);
  EXPECT_FALSE(result.has_value());
  return result.has_value() ? DialError{} : result.error();
}

/// Tests that hold for both clients.
class EachClient : public testing::TestWithParam<Client> {};

inline std::string client_name(const testing::TestParamInfo<Client>& info) {
  return info.param == Client::Libssh2 ? "Libssh2" : "Openssh";
}

#define TUNNEL_EACH_CLIENT(suite)                                                         \
  INSTANTIATE_TEST_SUITE_P(Ssh, suite, testing::Values(Client::Libssh2, Client::Openssh), \
                           client_name)

}  // namespace tunnel::transport
