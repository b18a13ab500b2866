#include "tunneld/import/output_folder.hpp"

#include "tunneld/base/half_made.hpp"
#include "tunneld/base/text.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace tunnel::importer {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;
constexpr mode_t kSecretMode = 0600;

Error cannot_write(const fs::path& path) {
  return errno_error("cannot write " + printable(path.native()));
}

Result<void> write_all(int fd, Bytes octets, const fs::path& path) {
  while (!octets.empty()) {
    const auto count = ::write(fd, octets.data(), octets.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot_write(path);
    octets = octets.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

/// Owner and mode, whatever the umask.
Result<void> hand_over(int fd, mode_t mode, const std::optional<Account>& account, bool secret,
                       const fs::path& path) {
  if (account && ::fchown(fd, secret ? account->user : 0, account->group) != 0) {
    return cannot_write(path);
  }
  if (::fchmod(fd, mode) != 0 || ::fsync(fd) != 0) return cannot_write(path);
  return {};
}

Result<void> write_file(const fs::path& path, const NewFile& file,
                        const std::optional<Account>& account) {
  const UniqueFd fd{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kSecretMode)};
  if (!fd) return cannot_write(path);
  if (auto done = write_all(fd.get(), file.text.reveal(), path); !done) return done;
  return hand_over(fd.get(), file.secret ? kSecretMode : kFileMode, account, file.secret, path);
}

Result<void> finish_folder(const fs::path& path, const std::optional<Account>& account) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd) return cannot_write(path);
  return hand_over(fd.get(), kFolderMode, account, false, path);
}

Result<void> write_files(const fs::path& folder, const std::vector<NewFile>& files,
                         const std::optional<Account>& account) {
  // A configuration without sites has the folder for them all the same.
  for (const auto* name : {"sites", "keys"}) {
    const auto path = folder / name;
    if (::mkdir(path.c_str(), kFolderMode) != 0) return cannot_write(path);
    if (auto done = finish_folder(path, account); !done) return done;
  }
  for (const auto& file : files) {
    if (auto done = write_file(folder / file.path, file, account); !done) return done;
  }
  return finish_folder(folder, account);
}

Error exists_already(const fs::path& folder) {
  return make_error(std::errc::file_exists,
                    printable(folder.native()) +
                        " exists, and nothing is written over: name another "
                        "folder with --to");
}

}  // namespace

Result<void> write_folder(const fs::path& folder, const std::vector<NewFile>& files,
                          const std::optional<Account>& account) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(folder, error))) return exists_already(folder);
  const auto parent = folder.has_parent_path() ? folder.parent_path() : fs::path{"."};
  const Uninterrupted uninterrupted;
  TemporaryFolder made{parent, ".tunneld-import"};
  if (!made.made()) return errno_error("cannot make a folder in " + printable(parent.native()));
  if (auto done = write_files(made.path(), files, account); !done) return done;
  if (::renameat2(AT_FDCWD, made.path().c_str(), AT_FDCWD, folder.c_str(), RENAME_NOREPLACE) != 0) {
    return errno == EEXIST ? exists_already(folder) : cannot_write(folder);
  }
  made.keep();
  return {};
}

}  // namespace tunnel::importer
