#include "pppd-bridge/hdlc/machine.hpp"

#include "pppd-bridge/hdlc/portable.hpp"
#include "pppd-bridge/hdlc/x86.hpp"

#include <algorithm>
#include <array>

namespace tunnel::hdlc {

namespace {

bool always() noexcept {
  return true;
}

#if defined(__x86_64__)

bool has_ssse3() noexcept {
  return __builtin_cpu_supports("ssse3") != 0 && __builtin_cpu_supports("popcnt") != 0 &&
         __builtin_cpu_supports("pclmul") != 0;
}

bool has_avx2() noexcept {
  return has_ssse3() && __builtin_cpu_supports("avx2") != 0;
}

bool has_vpclmul() noexcept {
  return has_avx2() && __builtin_cpu_supports("vpclmulqdq") != 0;
}

#endif

// clang-format off
constexpr std::array kMachines{
#if defined(__x86_64__)
    Machine{"avx2-vpclmul", has_vpclmul, x86::escape_avx2, x86::unescape_avx2,
            x86::fcs16_vpclmul, x86::fcs32_vpclmul},
    Machine{"avx2", has_avx2, x86::escape_avx2, x86::unescape_avx2,
            x86::fcs16_pclmul, x86::fcs32_pclmul},
    Machine{"ssse3", has_ssse3, x86::escape_ssse3, x86::unescape_ssse3,
            x86::fcs16_pclmul, x86::fcs32_pclmul},
#endif
    Machine{"portable", always, portable::escape, portable::unescape,
            portable::fcs16, portable::fcs32},
};
// clang-format on

}  // namespace

std::span<const Machine> machines() noexcept {
  return kMachines;
}

const Machine& this_machine() noexcept {
  static const auto& kFastest =
      *std::find_if(kMachines.begin(), kMachines.end(),
                    [](const Machine& machine) { return machine.runs_here(); });
  return kFastest;
}

}  // namespace tunnel::hdlc
