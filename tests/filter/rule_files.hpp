#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace tunnel::filter::test {

/// A rule file of the reference sites.
inline std::string rule_file(const std::string& name) {
  const std::ifstream file{TUNNEL_SOURCE_DIR "/examples/profiles/labs/" + name};
  EXPECT_TRUE(file.good()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tunnel::filter::test
