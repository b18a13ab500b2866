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

/// Nobody else of this account, such as the bridge of another site, may look into this process,
/// take a descriptor out of it, or trace it. It is then root's in /proc.
Result<void> hide_from_others();

/// Whatever capabilities there are, and the bounding set if that is allowed: for a bridge that
/// needed some to make its device.
Result<void> give_up_capabilities();

/// All but CAP_NET_ADMIN; an error if that is not there to be kept.
Result<void> keep_network_administration();

}  // namespace tunnel::sandbox
