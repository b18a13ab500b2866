#pragma once

#include "tunneld/base/identifiers.hpp"
#include "tunneld/base/result.hpp"
#include "tunneld/base/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::supervisor {

/// What is kept of a site over a restart of tunneld.
enum class KeptOfSite : std::uint8_t {
  Device,  // its tun device
  Bridge,  // our end of the socket to the bridge that has its link
};

/// Under which name it is kept: "tun@labs", "bridge@labs".
std::string kept_name(KeptOfSite what, const SiteName& site);

struct KeptName {
  KeptOfSite what = KeptOfSite::Device;
  SiteName site;
  bool operator==(const KeptName&) const = default;
};

/// nullopt: it is the name of something else.
std::optional<KeptName> parse_kept_name(std::string_view name);

/// Under which name a tunneld that executes its successor hands over each of its children: a pidfd.
inline constexpr std::string_view kKeptChild = "child";

/// The file with what somebody has said of sites (wishes.hpp).
inline constexpr std::string_view kKeptWishes = "wishes";

/// The descriptors that an earlier tunneld has left to this one, by systemd's descriptor store or
/// by executing it (sd_listen_fds(3)). They come from whoever started us, and are what somebody
/// says they are: each is looked at before it is used, and what nobody has a use for is closed.
class LeftBehind {
 public:
  struct Each {
    std::string name;
    UniqueFd descriptor;
  };

  LeftBehind() = default;

  explicit LeftBehind(std::vector<Each> all) : all_{std::move(all)} {}

  /// Before anything else is opened. Our children do not learn of it. The error is a sentence: what
  /// was said cannot be true, and all descriptors are closed.
  static Result<LeftBehind> from_environment();

  /// The first of this name; empty: there is none.
  UniqueFd take(std::string_view name);

  /// Whatever is there.
  std::vector<Each> take_all();

  const std::vector<Each>& all() const noexcept { return all_; }

 private:
  std::vector<Each> all_;
};

}  // namespace tunnel::supervisor
