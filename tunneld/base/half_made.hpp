#pragma once

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

// For files that are there as a whole or not at all.

namespace tunnel {

/// Keeps SIGINT and its kin away while files are half made.
class Uninterrupted {
 public:
  Uninterrupted() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
  }

  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

  ~Uninterrupted() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// A folder of our own inside another, gone at the end of the scope with all that is in it.
class TemporaryFolder {
 public:
  /// Its name is `name`, a dot, and letters that make it new.
  TemporaryFolder(const std::filesystem::path& parent, std::string_view name)
      : path_{(parent / (std::string{name} + ".XXXXXX")).native()} {
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }

  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  ~TemporaryFolder() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }

  bool made() const noexcept { return made_; }

  std::filesystem::path path() const { return path_; }

  /// It has become something else.
  void keep() noexcept { made_ = false; }

 private:
  std::string path_;
  bool made_ = false;
};

}  // namespace tunnel
