#include "pppd-bridge/session/unused_pages.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <bit>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace tunnel::session {

namespace {

/// Reads a hexadecimal number up to `end` off the front of a line; 0 if there is none.
std::uintptr_t take_address(std::string_view& line, char end) noexcept {
  std::uintptr_t value = 0;
  const auto stop = line.find(end);
  if (stop == std::string_view::npos) return 0;
  std::from_chars(line.data(), line.data() + stop, value, 16);
  line.remove_prefix(stop + 1);
  return value;
}

}  // namespace

UnusedPages::UnusedPages() {
  std::ifstream maps{"/proc/self/maps"};
  std::string text;
  while (std::getline(maps, text)) {
    std::string_view line{text};
    const auto begin = take_address(line, '-');
    const auto end = take_address(line, ' ');
    // Code of a file, never written to: dropping it loses nothing. Other mappings may have been.
    const bool code_of_a_file = line.starts_with("r-xp") && line.find('/') != line.npos;
    if (begin == 0 || end <= begin || !code_of_a_file) continue;
    code_.push_back({std::bit_cast<void*>(begin), end - begin});
  }
}

void UnusedPages::release() const noexcept {
  ::malloc_trim(0);
  for (const auto& [begin, size] : code_) ::madvise(begin, size, MADV_DONTNEED);
}

}  // namespace tunnel::session
