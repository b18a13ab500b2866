#include "pppd-bridge/ppp/output.hpp"

namespace tunnel::ppp {

std::string_view layer_name(Layer layer) noexcept {
  switch (layer) {
    case Layer::Lcp:
      return "LCP";
    case Layer::Auth:
      return "Auth";
    case Layer::Ipcp:
      return "IPCP";
    case Layer::Ipv6cp:
      return "IPV6CP";
    case Layer::Ccp:
      return "CCP";
    case Layer::Link:
      return "Link";
  }
  return {};
}

std::string_view phase_name(Phase phase) noexcept {
  switch (phase) {
    case Phase::Dead:
      return "Dead";
    case Phase::Establish:
      return "Establish";
    case Phase::Authenticate:
      return "Authenticate";
    case Phase::Network:
      return "Network";
    case Phase::Terminate:
      return "Terminate";
  }
  return {};
}

}  // namespace tunnel::ppp
