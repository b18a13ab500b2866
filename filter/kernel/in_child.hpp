#pragma once

#include "tunneld/base/result.hpp"

#include <functional>
#include <string>

namespace tunnel::filter::kernel {

/// Does `work` in a child process, and brings back what it returns. Whatever ends the child, by a
/// signal or an exit of its own, is an error here. For a process of one thread.
Result<std::string> in_child(const std::function<Result<std::string>()>& work);

}  // namespace tunnel::filter::kernel
