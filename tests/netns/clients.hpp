#pragma once

#include "tests/support/sites.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tunnel::test {

/// For tests that are to pass with either SSH client; "…/libssh2" and "…/openssh".
class WithEitherClient : public testing::TestWithParam<SshClient> {};

inline std::string client_of_test(const testing::TestParamInfo<SshClient>& info) {
  return std::string{client_name(info.param)};
}

inline const auto kEitherClient = testing::Values(SshClient::Libssh2, SshClient::Openssh);

}  // namespace tunnel::test
