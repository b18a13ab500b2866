#include "filter/ipmon/dump.hpp"

#include "tunneld/base/hex.hpp"

#include <algorithm>

namespace tunnel::filter::ipmon {

namespace {

constexpr std::size_t kInLine = 16;
constexpr std::size_t kHexWidth = kInLine * 3 - 1;
constexpr std::size_t kGap = 8;

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

std::vector<std::string> dump_of(Bytes octets) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < octets.size(); at += kInLine) {
    const auto part = octets.subspan(at, std::min(kInLine, octets.size() - at));
    std::string hex;
    std::string text;
    for (const auto octet : part) {
      hex += (hex.empty() ? "" : " ") + to_hex(Bytes{&octet, 1});
      text += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
    }
    hex.resize(kHexWidth + kGap, ' ');
    lines.push_back(hex + text);
  }
  return lines;
}

bool is_dump(std::string_view line) noexcept {
  const auto text = kHexWidth + kGap;
  return line.size() > text && line.size() <= text + kInLine && is_hex(line[0]) &&
         is_hex(line[1]) && line.substr(kHexWidth, kGap) == std::string_view{"        "};
}

}  // namespace tunnel::filter::ipmon
