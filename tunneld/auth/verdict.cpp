#include "tunneld/auth/verdict.hpp"

namespace tunnel::auth {

std::string_view words(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::Accepted:
      return "accepted";
    case Verdict::EmptyName:
      return "an empty name";
    case Verdict::UnknownName:
      return "an unknown name";
    case Verdict::NoSecret:
      return "no secret is known for this name";
    case Verdict::UnusableSecret:
      return "the secret known for this name is not UTF-8";
    case Verdict::EmptyResponse:
      return "an empty response";
    case Verdict::MalformedLength:
      return "a challenge or response of a malformed length";
    case Verdict::WrongResponse:
      return "a wrong response";
  }
  return "";
}

}  // namespace tunnel::auth
