#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tunnel::ctl {

/// Text from elsewhere made fit for a terminal: readable UTF-8 stays; control characters (C0, DEL,
/// C1), the marks that change the direction of text and bytes that are not UTF-8 become \n, \t,
/// \xHH or \uHHHH.
std::string terminal_text(std::string_view text);

/// The same, but lines and tabs stay as they are.
std::string terminal_lines(std::string_view text);

/// At most `columns` characters of a line.
std::string_view cut_to(std::string_view line, std::size_t columns);

struct WindowSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

/// Of the terminal behind a descriptor; the classic one where it does not say.
WindowSize window_size(int fd);

/// What goes to standard output or standard error: gathered, and written by flush(). When the
/// reader has gone (`tunnelctl log | head`), what is left is dropped in silence.
class Output {
 public:
  explicit Output(int fd) : fd_{fd} {}

  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  ~Output() { flush(); }

  void print(std::string_view text) { waiting_ += text; }

  void line(std::string_view text) { (waiting_ += text) += '\n'; }

  void flush();

  int fd() const noexcept { return fd_; }

  bool is_terminal() const;

  /// Nobody reads any more.
  bool gone() const noexcept { return gone_; }

  /// The errno of a write that failed for another reason (a full disk); 0 when there was none.
  int failure() const noexcept { return failure_; }

 private:
  int fd_;
  std::string waiting_;
  bool gone_ = false;
  int failure_ = 0;
};

}  // namespace tunnel::ctl
