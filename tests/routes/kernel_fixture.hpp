#pragma once

#include "routes/kernel.hpp"
#include "routes/reconcile.hpp"
#include "tests/routes/private_network.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tunnel::routes {

/// A network namespace of the test's own, and a Kernel in it.
class KernelTest : public testing::Test {
 protected:
  void SetUp() override {
    enter_private_network();
    auto opened = Kernel::open();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    kernel.emplace(std::move(*opened));
  }

  /// What was done; a failed change fails the test.
  std::vector<std::string> reconciled(const Wanted& want) {
    const auto outcome = reconcile(*kernel, want);
    if (!outcome.has_value()) throw std::runtime_error{outcome.error().message()};
    for (const auto& failure : outcome->failed) ADD_FAILURE() << failure.error.message();
    return outcome->done;
  }

  Noticed drained() {
    const auto noticed = kernel->drain();
    EXPECT_TRUE(noticed.has_value());
    return noticed.has_value() ? *noticed : Noticed::Nothing;
  }

  /// Waits for the kernel to announce a change; false when it does not.
  bool noticed() {
    return wait_readable(kernel->notification_fd()) && drained() == Noticed::Changed;
  }

  /// Another interface, up, with an address.
  static TestTun uplink() {
    TestTun tun{"wan0"};
    run("ip address add 203.0.113.1/24 dev wan0 && ip link set wan0 up");
    return tun;
  }

  std::optional<Kernel> kernel;
};

}  // namespace tunnel::routes
