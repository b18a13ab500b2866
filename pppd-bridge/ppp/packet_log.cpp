#include "pppd-bridge/ppp/packet_log.hpp"

#include <utility>

namespace tunnel::ppp {

bool PacketLog::admit(Layer layer) {
  if (!lines_.allow(now_)) {
    ++suppressed_;
    return false;
  }
  report_suppressed(layer);
  return true;
}

void PacketLog::event(Layer layer, std::string text) {
  report_suppressed(layer);
  out_.log(layer, std::move(text));
}

void PacketLog::report_suppressed(Layer layer) {
  if (suppressed_ == 0) return;
  out_.log(layer, std::to_string(std::exchange(suppressed_, 0)) + " more suppressed");
}

}  // namespace tunnel::ppp
