#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace tunnel::fuzz {

/// The octets of a file of the corpora: pairs of hexadecimal digits with white space between them
/// as one likes, and remarks from a '#' to the end of the line. nullopt: anything else.
inline std::optional<std::vector<std::uint8_t>> read_hex_file(const std::filesystem::path& path) {
  std::ifstream in{path};
  std::string digits;
  for (std::string line; std::getline(in, line);) {
    for (const char c : line.substr(0, line.find('#'))) {
      if (c != ' ' && c != '\t') digits += c;
    }
  }
  if (!in.eof() || digits.size() % 2 != 0) return std::nullopt;
  if (digits.find_first_not_of("0123456789abcdef") != std::string::npos) return std::nullopt;
  std::vector<std::uint8_t> octets;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    octets.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return octets;
}

}  // namespace tunnel::fuzz
