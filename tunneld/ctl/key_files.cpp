#include "tunneld/ctl/key_files.hpp"

#include "tunneld/base/escape.hpp"
#include "tunneld/base/half_made.hpp"
#include "tunneld/base/unique_fd.hpp"
#include "tunneld/ctl/subprocess.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace tunnel::ctl {

namespace fs = std::filesystem;

namespace {

/// Open to the account of the key, whatever the umask of whoever runs this.
Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms{0755}, error);
  }
  if (error) return Error{error, "make the folder " + folder.native()};
  return {};
}

std::string without_newline(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<Completed> ssh_keygen(std::vector<std::string> arguments, std::string_view input = {}) {
  arguments.insert(arguments.begin(), "ssh-keygen");
  auto completed = run_program(arguments, input);
  if (!completed && completed.error().code == std::errc::no_such_file_or_directory) {
    return make_error(std::errc::no_such_file_or_directory,
                      "ssh-keygen is not installed: apt-get install openssh-client");
  }
  return completed;
}

Error keygen_failed(const Completed& completed) {
  return make_error(std::errc::io_error,
                    "ssh-keygen failed: " +
                        escape_text(without_newline(completed.errors.empty() ? completed.output
                                                                             : completed.errors)));
}

std::string read_line(const fs::path& file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  return without_newline(line);
}

/// Owner, permissions, and onto the disk: a key that was handed out must survive a power cut.
Result<void> finish_file(const fs::path& file, mode_t mode, std::optional<KeyOwner> owner) {
  const UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) return errno_error("open " + file.native());
  if (owner && ::fchown(fd.get(), owner->uid, owner->gid) < 0) {
    return errno_error("give away " + file.native());
  }
  if (::fchmod(fd.get(), mode) < 0) return errno_error("chmod " + file.native());
  if (::fsync(fd.get()) < 0) return errno_error("write " + file.native());
  return {};
}

/// Puts a file in its place; not over another unless that is wanted, whoever else is at work.
Result<void> move_into_place(const fs::path& from, const fs::path& to, Overwrite overwrite) {
  const unsigned flags = overwrite == Overwrite::No ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return {};
  if (errno == EEXIST) {
    return make_error(std::errc::file_exists,
                      to.native() +
                          " exists already: keep it, or replace it with --force (then "
                          "the far gateway needs the new public key)");
  }
  return errno_error("put a key at " + to.native());
}

/// The public half first: if the private one cannot follow, what is there is harmless and removed.
Result<void> publish(const fs::path& made, const fs::path& key, Overwrite overwrite) {
  const auto public_path = key.native() + ".pub";
  if (overwrite == Overwrite::No && fs::exists(fs::symlink_status(key))) {
    return move_into_place(made, key, overwrite);  // says so
  }
  if (auto moved = move_into_place(made.native() + ".pub", public_path, overwrite); !moved) {
    return moved;
  }
  auto moved = move_into_place(made, key, overwrite);
  std::error_code ignored;
  if (!moved && overwrite == Overwrite::No) fs::remove(public_path, ignored);
  return moved;
}

}  // namespace

Result<PublicKey> generate_key(const NewKey& wanted) {
  const Uninterrupted uninterrupted;
  if (auto made = make_folder(wanted.folder); !made) return made.error();
  const TemporaryFolder folder{wanted.folder, ".new-key"};
  if (!folder.made()) return errno_error("make a key in " + wanted.folder.native());

  const auto made = folder.path() / wanted.name.str();
  const auto completed =
      ssh_keygen({"-q", "-t", "ed25519", "-N", "", "-C", wanted.comment, "-f", made.native()});
  if (!completed) return completed.error();
  if (completed->status != 0) return keygen_failed(*completed);
  auto key = public_key_of(made);
  if (!key) return key;

  if (auto done = finish_file(made, 0600, wanted.owner); !done) return done.error();
  if (auto done = finish_file(made.native() + ".pub", 0644, wanted.owner); !done) {
    return done.error();
  }
  const auto place = wanted.folder / wanted.name.str();
  if (auto done = publish(made, place, wanted.overwrite); !done) return done.error();
  return key;
}

Result<PublicKey> public_key_of(const fs::path& private_key) {
  const auto& path = private_key.native();
  std::error_code error;
  if (!fs::exists(private_key, error) && !error) {
    return make_error(std::errc::no_such_file_or_directory, "there is no key " + path);
  }
  PublicKey key;
  const auto derived = ssh_keygen({"-y", "-P", "", "-f", path});
  if (!derived) return derived.error();
  key.line = derived->status == 0 ? without_newline(derived->output) : read_line(path + ".pub");
  if (key.line.empty()) return keygen_failed(*derived);
  auto fingerprint = fingerprint_of(key.line);
  if (!fingerprint) return fingerprint.error();
  key.fingerprint = std::move(*fingerprint);
  return key;
}

Result<std::string> fingerprint_of(std::string_view line) {
  const auto completed = ssh_keygen({"-l", "-f", "-"}, std::string{line} + '\n');
  if (!completed) return completed.error();
  // "256 SHA256:... comment (ED25519)"
  const auto begin = completed->output.find("SHA256:");
  if (completed->status != 0 || begin == std::string::npos) return keygen_failed(*completed);
  return completed->output.substr(begin, completed->output.find_first_of(" \n", begin) - begin);
}

}  // namespace tunnel::ctl
