#pragma once

#include "tunneld/base/result.hpp"

/// How a bridge gives up power. It is exec'd by tunneld, or by sshd, under an account that owns
/// nothing; before it reads a byte of the peer it makes sure that it can win nothing back.
namespace tunnel::sandbox {

/// An error that says what is wrong when this process has a capability or runs as root: the part
/// that parses the network has no power.
Result<void> require_no_powers();

/// No new privileges by exec, no core file with packets or keys in it.
Result<void> give_up_growth();

}  // namespace tunnel::sandbox
