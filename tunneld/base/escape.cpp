#include "tunneld/base/escape.hpp"

#include "tunneld/base/hex.hpp"

namespace tunnel {

namespace {

void append_escaped(std::string& out, std::uint8_t byte) {
  switch (byte) {
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte < 0x7f) {
    out += static_cast<char>(byte);
    return;
  }
  out += "\\x" + to_hex(byte, 2);
}

template <typename Text>
std::string escaped(const Text& text, std::size_t limit) {
  std::string out;
  for (const auto unit : text) {
    const auto before = out.size();
    append_escaped(out, static_cast<std::uint8_t>(unit));
    if (out.size() > limit) {
      out.resize(before);
      return out + "…";
    }
  }
  return out;
}

}  // namespace

std::string escape_text(Bytes text, std::size_t limit) {
  return escaped(text, limit);
}

std::string escape_text(std::string_view text, std::size_t limit) {
  return escaped(text, limit);
}

}  // namespace tunnel
