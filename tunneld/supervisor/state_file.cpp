#include "tunneld/supervisor/state_file.hpp"

#include "tunneld/base/unique_fd.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>

namespace tunnel::supervisor {

namespace json = boost::json;

namespace {

constexpr mode_t kMode = 0644;

/// False: errno says why not.
bool write_all(const UniqueFd& file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The same.
bool write_to_disk(const std::string& path, std::string_view text) {
  const UniqueFd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode)};
  return file && write_all(file, text) && ::fsync(file.get()) == 0;
}

/// The same. Some file systems know of nothing to do for a directory, and say EINVAL.
bool sync_directory(const std::filesystem::path& path) {
  const auto there = path.empty() ? std::filesystem::path{"."} : path;
  const UniqueFd directory{::open(there.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return directory && (::fsync(directory.get()) == 0 || errno == EINVAL);
}

}  // namespace

Result<json::object> StateFile::read() const {
  std::ifstream in{file_};
  if (!in) return json::object{};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  boost::system::error_code error;
  auto document = json::parse(text.substr(0, most_bytes_), error);
  auto* object = document.if_object();
  if (error || object == nullptr) {
    return make_error(std::errc::invalid_argument,
                      fmt::format("{} is damaged; {}", file_.native(), loss_));
  }
  return std::move(*object);
}

Result<void> StateFile::read(const EachSite& each) const {
  const auto sites = read();
  if (!sites) return sites.error();
  for (const auto& entry : *sites) {
    const auto site = SiteName::parse(std::string_view{entry.key().data(), entry.key().size()});
    const auto* kept = entry.value().if_object();
    if (site && kept != nullptr) each(*site, *kept);
  }
  return {};
}

// A rename may reach the disk before the octets of what is renamed, and is itself not there before
// its directory is: a power cut in between would leave an empty file, or none.
Result<void> StateFile::write(const json::object& document) const {
  const auto fresh = file_.native() + ".new";
  const bool written = write_to_disk(fresh, json::serialize(document) + '\n') &&
                       std::rename(fresh.c_str(), file_.c_str()) == 0 &&
                       sync_directory(file_.parent_path());
  if (!written) return errno_error(fmt::format("write {}", file_.native()));
  return {};
}

std::int64_t microseconds(audit::WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::optional<audit::WallTime> read_time(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return audit::WallTime{std::chrono::microseconds{value->get_int64()}};
}

}  // namespace tunnel::supervisor
