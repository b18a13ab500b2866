#pragma once

namespace tunnel::session {

/// Hands back the memory that only start-up, or a burst of traffic, needed: code of the key
/// exchange and of the command line, and what the heap has left over. What is still needed comes
/// back from the page cache by itself. A gateway that holds hundreds of links has one of these
/// processes for each.
void release_unused_pages() noexcept;

}  // namespace tunnel::session
