#include "tunneld/supervisor/left_behind.hpp"

#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <utility>

namespace tunnel::supervisor {

namespace {

constexpr std::array kOfSite{std::pair{KeptOfSite::Device, std::string_view{"tun@"}},
                             std::pair{KeptOfSite::Bridge, std::string_view{"bridge@"}}};

struct FreeNames {
  void operator()(char** names) const noexcept {
    for (char** each = names; *each != nullptr; ++each) std::free(*each);
    std::free(static_cast<void*>(names));
  }
};

}  // namespace

std::string kept_name(KeptOfSite what, const SiteName& site) {
  for (const auto& [kind, prefix] : kOfSite) {
    if (kind == what) return std::string{prefix} + site.str();
  }
  return {};
}

std::optional<KeptName> parse_kept_name(std::string_view name) {
  for (const auto& [kind, prefix] : kOfSite) {
    if (!name.starts_with(prefix)) continue;
    auto site = SiteName::parse(name.substr(prefix.size()));
    if (site) return KeptName{kind, std::move(*site)};
  }
  return std::nullopt;
}

Result<LeftBehind> LeftBehind::from_environment() {
  char** raw = nullptr;
  const int count = sd_listen_fds_with_names(/*unset_environment=*/1, &raw);
  const std::unique_ptr<char*, FreeNames> names{raw};
  if (count < 0) {
    // Which are meant cannot be told; this process has opened none itself yet.
    ::close_range(SD_LISTEN_FDS_START, ~0U, 0);
    return Error{{-count, std::system_category()},
                 "what LISTEN_FDS and LISTEN_FDNAMES say of descriptors that were left to this "
                 "tunneld cannot be true; all of them are closed"};
  }
  LeftBehind left;
  for (int i = 0; i < count; ++i) {
    left.all_.push_back({names.get()[i], UniqueFd{SD_LISTEN_FDS_START + i}});
  }
  return left;
}

UniqueFd LeftBehind::take(std::string_view name) {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const Each& each) { return each.name == name; });
  if (found == all_.end()) return UniqueFd{};
  auto descriptor = std::move(found->descriptor);
  all_.erase(found);
  return descriptor;
}

std::vector<LeftBehind::Each> LeftBehind::take_all() {
  return std::exchange(all_, {});
}

}  // namespace tunnel::supervisor
