#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <utility>

namespace tunnel::config {

/// Why a value cannot be, and what to write instead.
struct Complaint {
  Complaint() = default;

  // Not an aggregate: one string alone would make a Complaint too, and Checked<std::string> could
  // not tell a value from an error.
  Complaint(std::string what, std::string advice)
      : message{std::move(what)}, hint{std::move(advice)} {}

  std::string message;
  std::string hint;
};

/// A value made of what a file says, or the complaint about it.
template <typename T>
using Checked = boost::system::result<T, Complaint>;

}  // namespace tunnel::config
