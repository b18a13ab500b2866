#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel {

/// The name of a site: the stem of its profile's file name. [a-z0-9][a-z0-9_-]{0,31}, so that it
/// is safe in a path, a log line, an SSH forced command and an interface alias.
class SiteName {
 public:
  static constexpr std::size_t kMaxLength = 32;

  /// Names no site: only a place to read one into.
  SiteName() = default;

  static std::optional<SiteName> parse(std::string_view text) {
    if (text.empty() || text.size() > kMaxLength || !alphanumeric(text.front())) {
      return std::nullopt;
    }
    for (const char c : text) {
      if (!alphanumeric(c) && c != '-' && c != '_') return std::nullopt;
    }
    return SiteName{std::string{text}};
  }

  const std::string& str() const noexcept { return name_; }

  auto operator<=>(const SiteName&) const = default;

 private:
  explicit SiteName(std::string name) : name_{std::move(name)} {}

  static constexpr bool alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }

  std::string name_;
};

/// The name of a network interface: 1 to 15 of [A-Za-z0-9_.-], not "." or "..", as the kernel and
/// nftables take it without surprises.
class InterfaceName {
 public:
  static constexpr std::size_t kMaxLength = 15;  // IFNAMSIZ - 1

  /// Names no interface: only a place to read one into.
  InterfaceName() = default;

  static std::optional<InterfaceName> parse(std::string_view text) {
    if (text.empty() || text.size() > kMaxLength || text == "." || text == "..") {
      return std::nullopt;
    }
    for (const char c : text) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
      if (!plain) return std::nullopt;
    }
    return InterfaceName{std::string{text}};
  }

  const std::string& str() const noexcept { return name_; }

  auto operator<=>(const InterfaceName&) const = default;

 private:
  explicit InterfaceName(std::string name) : name_{std::move(name)} {}

  std::string name_;
};

/// Maximum-Receive-Unit (RFC 1661 §6.1), in bytes of the PPP Information field.
struct Mru {
  std::uint16_t bytes = 1500;
  auto operator<=>(const Mru&) const = default;
};

/// Maximum transmission unit of an interface, in bytes of an IP packet.
struct Mtu {
  std::uint32_t bytes = 1500;
  auto operator<=>(const Mtu&) const = default;
};

}  // namespace tunnel
