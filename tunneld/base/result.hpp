#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <system_error>

namespace tunnel {

/// What failed, in words for the log, and the code a caller may branch on.
struct Error {
  std::error_code code;
  std::string context;  // "open /etc/tunneld/site-b.key"

  /// "CONTEXT: CODE'S TEXT", or either alone where the other is empty.
  std::string message() const;
};

/// A value or an Error; a dropped one is a compiler warning.
template <typename T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
};

/// The present errno, with what was being done. Call it before anything else can change errno.
Error errno_error(std::string context);

/// An error of our own making: the context says all there is to say.
Error make_error(std::errc code, std::string context);

}  // namespace tunnel
