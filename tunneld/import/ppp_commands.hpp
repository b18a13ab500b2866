#pragma once

#include "tunneld/import/ppp_conf.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tunnel::importer {

/// A command by its full name. ppp takes any beginning of a name that fits one only, in either
/// case, and has second names for some.
struct Command {
  std::string_view name{};                   // "set device"; empty: ppp has no such command
  std::span<const std::string> arguments{};  // of the words
};

/// What a command is.
Command resolve(const PppCommand& command);

/// The full name of what is accepted, denied, enabled or disabled: "protocomp"; empty: ppp has no
/// such option.
std::string_view option_name(std::string_view word);

/// What becomes of a command that is read for nothing else.
enum class Fate : std::uint8_t {
  Unneeded,    // over SSH, or to tunneld, it means nothing
  NotCarried,  // it meant something
  Unknown,
};

struct Advice {
  Fate fate = Fate::Unknown;
  std::string_view text{};
};

Advice advice_about(const Command& command);
/// The same of an option that is enabled.
Advice advice_about_option(std::string_view option);

/// A command as it may be shown: without whatever may be a secret.
std::string shown(const PppCommand& command);

}  // namespace tunnel::importer
