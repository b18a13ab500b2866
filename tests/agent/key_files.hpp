#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::agent {

/// The text of a file of tests/config/keys, all of which ssh-keygen has made.
std::string key_text(const std::string& name);
std::vector<std::uint8_t> key_bytes(const std::string& name);

}  // namespace tunnel::agent
