#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>

// libnftables 1.0.6 forgets the policy of a "ct timeout" that comes as JSON, and makes one of the
// kernel's usual ages. Its own language it reads well. So those objects are made beforehand, in
// text that has only names and numbers of ours in it; and since a table takes its objects with it,
// one that is to be replaced is emptied of everything else instead.

namespace tunnel::filter::kernel {

/// Commands, apart from those that make "ct timeout" objects.
struct Timeouts {
  std::string text{};              // what makes them, as often as it is run; empty: there are none
  std::string table{};             // theirs
  boost::json::object commands{};  // the others
};

/// Refuses to take a name or number apart that is none: such an object stays where it is.
Timeouts split(const boost::json::object& commands);

/// The commands with, in the place of deleting the table, what empties it: `listed` is the kernel's
/// answer to "list table", or null where there is none.
boost::json::object emptying(const Timeouts& split, const boost::json::value& listed);

}  // namespace tunnel::filter::kernel
