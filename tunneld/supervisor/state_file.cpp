#include "tunneld/supervisor/state_file.hpp"

#include "tunneld/supervisor/whole_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <iterator>

namespace tunnel::supervisor {

namespace json = boost::json;

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

Result<void> StateFile::write(const json::object& document) const {
  return replace_file(file_, json::serialize(document) + '\n', FileUse::State);
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
