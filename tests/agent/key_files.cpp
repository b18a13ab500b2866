#include "tests/agent/key_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace tunnel::agent {

std::string key_text(const std::string& name) {
  std::ifstream in{std::filesystem::path{TUNNEL_SOURCE_DIR} / "tests/config/keys" / name};
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::uint8_t> key_bytes(const std::string& name) {
  const auto text = key_text(name);
  return {text.begin(), text.end()};
}

}  // namespace tunnel::agent
