#include "tunneld/config/values.hpp"

#include "tunneld/base/text.hpp"
#include "tunneld/config/value_kinds.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace tunnel::config {

namespace {

using std::chrono::milliseconds;

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Letters, digits, and the characters of `more`.
bool made_of(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || more.find(c) != std::string_view::npos;
  });
}

struct Unit {
  std::string_view name;
  milliseconds length;
};

constexpr std::array<Unit, 4> kUnits{{{"ms", milliseconds{1}},
                                      {"s", std::chrono::seconds{1}},
                                      {"m", std::chrono::minutes{1}},
                                      {"h", std::chrono::hours{1}}}};

/// In the largest unit that is exact.
std::string duration_text(milliseconds duration) {
  std::string text;
  for (const auto& [unit, length] : kUnits) {
    if (duration % length == milliseconds{0}) {
      text = std::to_string(duration / length) + std::string{unit};
    }
  }
  return text;
}

}  // namespace

Checked<milliseconds> duration(std::string_view text, milliseconds low, milliseconds high) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  const auto suffix = text.substr(digits);
  const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                 [&](const Unit& candidate) { return candidate.name == suffix; });
  if (digits == 0 || unit == kUnits.end()) {
    return Complaint{in_quotes(text) + " is not a duration",
                     "write a whole number and its unit, ms, s, m or h, such as \"1s\""};
  }
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + digits, count);
  const bool fits = error == std::errc{} && count <= high / unit->length;
  const auto value = fits ? count * unit->length : milliseconds::max();
  if (value < low || value > high) {
    return Complaint{in_quotes(text) + " is not between " + in_quotes(duration_text(low)) +
                         " and " + in_quotes(duration_text(high)),
                     "write a duration within these bounds"};
  }
  return value;
}

Checked<Role> role(std::string_view text) {
  return choose<Role, 2>(text, {{{"dial", Role::Dial}, {"answer", Role::Answer}}});
}

Checked<Autostart> autostart(bool value) {
  return value ? Autostart::Yes : Autostart::No;
}

Checked<SshClient> ssh_client(std::string_view text) {
  return choose<SshClient, 2>(text,
                              {{{"libssh2", SshClient::Libssh2}, {"openssh", SshClient::Openssh}}});
}

Checked<Ticket> ticket(std::string_view text) {
  return choose<Ticket, 2>(text, {{{"require", Ticket::Require}, {"none", Ticket::None}}});
}

Checked<OnDown> on_down(std::string_view text) {
  return choose<OnDown, 2>(text, {{{"hold", OnDown::Hold}, {"withdraw", OnDown::Withdraw}}});
}

Checked<Forwarding> forwarding(std::string_view text) {
  return choose<Forwarding, 2>(
      text, {{{"enable", Forwarding::Enable}, {"leave-alone", Forwarding::LeaveAlone}}});
}

Checked<LogStates> log_states(bool value) {
  return value ? LogStates::Yes : LogStates::No;
}

Checked<FilterDefault> filter_default(std::string_view text) {
  return choose<FilterDefault, 2>(
      text, {{{"pass", FilterDefault::Pass}, {"block", FilterDefault::Block}}});
}

Checked<std::string> plain_text(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  if (text.size() > kLongest) {
    return Complaint{"this text has " + std::to_string(text.size()) + " bytes",
                     "write at most 255 bytes"};
  }
  if (has_control_character(text)) {
    return Complaint{in_quotes(text) + " has a control character", "write plain text on one line"};
  }
  return std::string{text};
}

Checked<SiteName> site_name(std::string_view text) {
  if (auto name = SiteName::parse(text)) return *std::move(name);
  return Complaint{in_quotes(text) + " cannot be a site's name",
                   "rename the file: a-z, 0-9, - and _, at most 32 of them, a letter or digit "
                   "first, then .toml"};
}

Checked<InterfaceName> interface_name(std::string_view text) {
  const auto name = InterfaceName::parse(text);
  if (!name) {
    return Complaint{in_quotes(text) + " cannot be an interface's name",
                     "write at most 15 letters, digits, - _ and ., such as \"tun0\""};
  }
  // lo is taken for good; all and default are not interfaces where the kernel keeps settings.
  if (text == "lo" || text == "all" || text == "default") {
    return Complaint{in_quotes(text) + " is a name the kernel has reserved",
                     "write another name, such as \"tun0\""};
  }
  return *name;
}

Checked<std::string> gateway_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (!text.empty() && text.size() <= kLongest && made_of(text, ".-_")) return std::string{text};
  return Complaint{in_quotes(text) + " cannot be a gateway's name",
                   "write one word of at most 64 letters, digits, . - and _"};
}

Checked<std::string> account_name(std::string_view text) {
  constexpr std::size_t kLongest = 32;
  const bool begins = !text.empty() && (is_letter(text.front()) || text.front() == '_');
  if (begins && text.size() <= kLongest && made_of(text, "-_.")) return std::string{text};
  return Complaint{in_quotes(text) + " cannot be the name of a user or a group",
                   "write at most 32 letters, digits, - _ and ., a letter or _ first"};
}

Checked<std::string> ssh_user(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const bool fine = !text.empty() && text.front() != '-' && text.size() <= kLongest;
  if (fine && made_of(text, "-_.+@")) return std::string{text};
  return Complaint{in_quotes(text) + " cannot be a user at the far end",
                   "write at most 64 letters, digits and - _ . + @, not - first"};
}

Checked<std::string> ssh_host(std::string_view text) {
  static constexpr std::string_view kHint =
      "write a name such as \"vpn.labs.example\", or an address";
  constexpr std::size_t kLongest = 253;  // RFC 1035 §2.3.4, without the root's dot
  if (text.empty()) return Complaint{"the host is empty", std::string{kHint}};
  if (Ipv6Address::parse(text.substr(0, text.find('%')))) {
    const auto zone = text.substr(std::min(text.find('%'), text.size()));
    if (zone.empty() || (zone.size() > 1 && InterfaceName::parse(zone.substr(1)))) {
      return std::string{text};
    }
  }
  if (text.front() == '-') {
    return Complaint{in_quotes(text) + " begins like an option of ssh", std::string{kHint}};
  }
  if (text.front() == '[') {
    return Complaint{in_quotes(text) + " is in brackets", "write an IPv6 address without them"};
  }
  if (text.find(':') != std::string_view::npos) {
    return Complaint{in_quotes(text) + " is neither a host's name nor an IPv6 address",
                     "the port has a key of its own: port = 22"};
  }
  if (text.find('@') != std::string_view::npos) {
    return Complaint{in_quotes(text) + " is not a host's name",
                     "the user has a key of its own: user = \"pppossh\""};
  }
  if (text.size() > kLongest || !made_of(text, ".-_")) {
    return Complaint{in_quotes(text) + " is not a host's name", std::string{kHint}};
  }
  return std::string{text};
}

Checked<std::filesystem::path> file_path(std::string_view text) {
  if (text.empty()) return Complaint{"the path is empty", "write the path of a file"};
  // The value is not repeated: it may be a key itself, pasted in the wrong place.
  if (has_control_character(text)) {
    return Complaint{"this path has a control character", "write the path of a file"};
  }
  if (text.front() == '~') {
    return Complaint{in_quotes(text) + " begins with ~, which is a shell's word",
                     "write the whole path, or one relative to the configuration directory"};
  }
  return std::filesystem::path{text};
}

Checked<std::filesystem::path> absolute_path(std::string_view text) {
  auto path = file_path(text);
  if (path.has_value() && !path->is_absolute()) {
    return Complaint{in_quotes(text) + " is not an absolute path", "begin it with /"};
  }
  return path;
}

Checked<std::filesystem::path> socket_directory(std::string_view text) {
  // sockaddr_un takes 107 bytes and the end; the longest name in there is "/bridges/SITE".
  constexpr std::size_t kLongest =
      107 - std::string_view{"/bridges/"}.size() - SiteName::kMaxLength;
  static_assert(kLongest == 66);
  if (text.size() > kLongest) {
    return Complaint{"this path is too long for the sockets in it", "write at most 66 bytes"};
  }
  return absolute_path(text);
}

Checked<std::filesystem::path> metrics_file(std::string_view text) {
  auto path = absolute_path(text);
  if (path.has_value() && path->extension() != ".prom") {
    return Complaint{in_quotes(text) + " is a file that node_exporter leaves out",
                     "its textfile collector reads *.prom: end the name so"};
  }
  return path;
}

Checked<std::uint16_t> port(std::int64_t value) {
  return between<std::uint16_t>(value, 1, 65535, "sshd's port is 22 unless it was changed");
}

Checked<Mru> mru(std::int64_t value) {
  const auto bytes = between<std::uint16_t>(value, 128, 65535, "1500 suits nearly every link");
  if (!bytes.has_value()) return bytes.error();
  return Mru{*bytes};
}

Checked<unsigned> echo_failures(std::int64_t value) {
  return between<unsigned>(value, 1, 100, "3 unanswered echoes are a lost link");
}

Checked<std::uint32_t> metric(std::int64_t value) {
  return between<std::uint32_t>(value, 1, std::numeric_limits<std::int32_t>::max(),
                                "the lower of two metrics wins; 50 is the default");
}

Checked<unsigned> attempts(std::int64_t value) {
  return between<unsigned>(value, 0, 1'000'000, "0 tries for ever");
}

Checked<std::uint16_t> log_group(std::int64_t value) {
  return between<std::uint16_t>(value, 1, 65535, "5 is the default; group 0 is the kernel's own");
}

Checked<std::uint32_t> mark_mask(std::int64_t value) {
  constexpr std::int64_t kLeast = 0xff;
  const auto mask = between<std::uint32_t>(value, kLeast, std::numeric_limits<std::uint32_t>::max(),
                                           "0x00ffffff is the default");
  if (!mask.has_value()) return mask.error();
  if ((*mask & (*mask + 1)) != 0) {
    return Complaint{"the bits of this mask are not in a row from the lowest on",
                     "rules are numbered in them: 0x00ffffff, or 0xffff to leave others more"};
  }
  return *mask;
}

Checked<milliseconds> echo_interval(std::string_view text) {
  return duration(text, milliseconds{100}, std::chrono::minutes{10});
}

Checked<milliseconds> reconnect_pause(std::string_view text) {
  return duration(text, milliseconds{100}, std::chrono::hours{24});
}

Checked<milliseconds> metrics_interval(std::string_view text) {
  return duration(text, std::chrono::seconds{1}, std::chrono::hours{1});
}

}  // namespace tunnel::config
