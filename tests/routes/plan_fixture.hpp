#pragma once

#include "routes/plan.hpp"
#include "tests/routes/samples.hpp"
#include "tests/routes/simulated_kernel.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tunnel::routes {

class Plan : public testing::Test {
 protected:
  /// Makes the plan, carries it out, and returns it in words.
  std::vector<std::string> reconcile(const Wanted& want) {
    const auto changes = plan(want, kernel.read(want));
    for (const auto& change : changes) {
      EXPECT_EQ(kernel.apply(change), "") << describe(change);
    }
    return samples::words(changes);
  }

  SimulatedKernel kernel;
};

}  // namespace tunnel::routes
