#include "filter/evaluator/outcome.hpp"

namespace tunnel::filter::evaluator {

const char* words_for(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Block:
      return "block";
    case Verdict::BlockReturnRst:
      return "block return-rst";
    case Verdict::BlockReturnIcmp:
      return "block return-icmp";
    case Verdict::BlockReturnIcmpAsDest:
      return "block return-icmp-as-dest";
    case Verdict::NoMatch:
      return "nomatch";
    case Verdict::BadPacket:
      return "bad-packet";
  }
  return "";
}

Severity usual_severity(LogRecord::Action action, bool is_short) noexcept {
  if (is_short) return Severity::Err;
  switch (action) {
    case LogRecord::Action::Pass:
      return Severity::Notice;
    case LogRecord::Action::Block:
      return Severity::Warn;
    case LogRecord::Action::Log:
      break;
  }
  return Severity::Info;
}

}  // namespace tunnel::filter::evaluator
