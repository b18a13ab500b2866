// make-corpus FROM TO: writes the octets of each FROM/NAME.hex to TO/NAME, as libFuzzer reads them,
// and leaves nothing else in TO.

#include "tests/fuzz/hex_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

bool convert(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto octets = tunnel::fuzz::read_hex_file(from);
  if (!octets) return false;
  std::ofstream out{to / from.stem(), std::ios::binary};
  for (const auto octet : *octets) out.put(static_cast<char>(octet));
  return static_cast<bool>(out.flush());
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  std::filesystem::remove_all(arguments[2]);
  std::filesystem::create_directories(arguments[2]);
  for (const auto& entry : std::filesystem::directory_iterator{arguments[1]}) {
    if (entry.path().extension() != ".hex") continue;
    if (convert(entry.path(), arguments[2])) continue;
    std::fprintf(stderr, "make-corpus: cannot convert %s\n", entry.path().c_str());
    return 1;
  }
  return 0;
}
