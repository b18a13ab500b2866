#pragma once

#include "tunneld/audit/log_line.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>
#include <time.h>

#include <chrono>
#include <optional>
#include <string>

namespace tunnel::audit::test {

/// Tests in which local time is that of central Europe, whatever the machine's is.
class InCentralEurope : public testing::Test {
 protected:
  InCentralEurope() {
    if (const char* zone = ::getenv("TZ")) former_ = zone;
    ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    ::tzset();
  }

  ~InCentralEurope() override {
    if (former_) {
      ::setenv("TZ", former_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> former_;
};

/// A moment in UTC.
inline WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                    int second = 0) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                            std::chrono::day{day}};
  return sys_days{date} + hours{hour} + minutes{minute} + seconds{second};
}

}  // namespace tunnel::audit::test
