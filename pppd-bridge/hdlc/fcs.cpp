#include "pppd-bridge/hdlc/fcs.hpp"

#include "pppd-bridge/hdlc/machine.hpp"

namespace tunnel::hdlc {

std::uint16_t fcs16(Bytes data, std::uint16_t fcs) noexcept {
  return this_machine().fcs16(data, fcs);
}

std::uint32_t fcs32(Bytes data, std::uint32_t fcs) noexcept {
  return this_machine().fcs32(data, fcs);
}

}  // namespace tunnel::hdlc
