#include "filter/model/rule.hpp"

namespace tunnel::filter {

bool PortTest::matches(std::uint16_t port) const noexcept {
  switch (op) {
    case Operator::Any:
      return true;
    case Operator::Eq:
      return port == first;
    case Operator::Ne:
      return port != first;
    case Operator::Lt:
      return port < first;
    case Operator::Gt:
      return port > first;
    case Operator::Le:
      return port <= first;
    case Operator::Ge:
      return port >= first;
    case Operator::Between:
      return port > first && port < last;
    case Operator::Outside:
      return port < first || port > last;
    case Operator::Range:
      return port >= first && port <= last;
  }
  return false;
}

}  // namespace tunnel::filter
