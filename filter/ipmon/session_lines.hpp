#pragma once

#include "filter/flows/flow.hpp"
#include "filter/flows/session_table.hpp"
#include "filter/ipmon/line.hpp"

#include <string>

namespace tunnel::filter::ipmon {

/// A translation that begins or ends, as ipmon(8) writes it: the inside, the outside, and the other
/// end in brackets.
///
///     13/04/2005 15:02:11.123456 @2 NAT:NEW-MAP 192.168.1.215,3936 <- -> 192.168.253.4,40001
///     [192.168.253.1,23] tcp
///
/// and at the end, as far as it was counted, " Pkts 12/10 Bytes 840/4711": from the one who began,
/// and back. @0: by none of the rules in force. `now` is for events without a time.
std::string line_of(const flows::SessionEvent& event, WallTime now);

/// "NEW-MAP", "EXPIRE-RDR".
std::string event_word(const flows::SessionEvent& event);

/// A flow whose state a rule keeps, as it begins or ends:
///
///     13/04/2005 15:02:11.123456 STATE:NEW 192.168.1.215,3936 -> 192.168.253.1,23 PR tcp
///
/// EXPIRE: its time was over; CLOSE: a TCP connection was closed; FLUSH: somebody deleted it. The
/// ends have the counters, where every packet that came in has gone out.
std::string state_line_of(const flows::FlowEvent& event, WallTime now);

/// "NEW", "EXPIRE", "CLOSE", "FLUSH".
std::string event_word(const flows::FlowEvent& event);

}  // namespace tunnel::filter::ipmon
