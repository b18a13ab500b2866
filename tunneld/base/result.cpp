#include "tunneld/base/result.hpp"

#include <cerrno>
#include <utility>

namespace tunnel {

std::string Error::message() const {
  if (!code) return context;
  if (context.empty()) return code.message();
  // Errors of our own carry a generic code for branching, and a context that is a whole sentence.
  if (code.category() == std::generic_category()) return context;
  return context + ": " + code.message();
}

Error errno_error(std::string context) {
  return Error{std::error_code{errno, std::system_category()}, std::move(context)};
}

Error make_error(std::errc code, std::string context) {
  return Error{std::make_error_code(code), std::move(context)};
}

}  // namespace tunnel
