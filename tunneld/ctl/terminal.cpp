#include "tunneld/ctl/terminal.hpp"

#include "tunneld/base/escape.hpp"
#include "tunneld/ctl/utf8.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tunnel::ctl {

namespace {

std::string escaped_code(char32_t code) {
  char text[16];
  std::snprintf(text, sizeof text, "\\u%04x", static_cast<unsigned>(code));
  return text;
}

}  // namespace

std::string terminal_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto bytes = text.substr(0, character ? character->length : 1);
    text.remove_prefix(bytes.size());
    if (!character || character->code < 0x80) {
      out += character && is_plain(character->code) ? std::string{bytes} : escape_text(bytes);
    } else {
      out += is_plain(character->code) ? std::string{bytes} : escaped_code(character->code);
    }
  }
  return out;
}

std::string terminal_lines(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find_first_of("\n\t");
    out += terminal_text(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += text[end];
    text.remove_prefix(end + 1);
  }
}

std::string_view cut_to(std::string_view line, std::size_t columns) {
  std::size_t bytes = 0;
  for (; columns > 0 && bytes < line.size(); --columns) {
    const auto character = first_character(line.substr(bytes));
    bytes += character ? character->length : 1;
  }
  return line.substr(0, bytes);
}

WindowSize window_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {size.ws_row, size.ws_col};
}

bool Output::is_terminal() const {
  return ::isatty(fd_) == 1;
}

void Output::flush() {
  std::string_view rest{waiting_};
  while (!rest.empty() && !gone_ && failure_ == 0) {
    const auto written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // somebody made our terminal or pipe non-blocking
      pollfd ready{fd_, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (errno == EPIPE) {
      gone_ = true;
    } else if (errno != EINTR) {
      failure_ = errno;
    }
  }
  waiting_.clear();
}

}  // namespace tunnel::ctl
