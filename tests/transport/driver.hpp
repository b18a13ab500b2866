#pragma once

#include "pppd-bridge/transport/transport.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tunnel::transport {

/// Whether the transport is to be waited for as if there were room for input.
enum class Reading : std::uint8_t { On, Off };

/// Waits, as the loop does, for what the transport watches. False if nothing came in time.
bool wait_for(Transport& transport, std::chrono::milliseconds time, Reading reading = Reading::On);

/// The byte at a place in an endless stream that repeats nothing soon.
std::uint8_t pattern(std::size_t place) noexcept;

/// What became of a transfer.
struct Transfer {
  std::size_t sent = 0;
  std::size_t received = 0;
  std::size_t wrong = 0;  // received bytes that were not pattern()
  IoStatus status = IoStatus::Done;
};

/// Sends `to_send` bytes of pattern() and receives until `to_receive` came, or the stream ended, or
/// nothing happened for twenty seconds. Reads at most `read_size` bytes at once.
Transfer transfer(Transport& transport, std::size_t to_send, std::size_t to_receive,
                  std::size_t read_size = 256 * 1024);

/// Reads to the end and throws the bytes away; the status that it ended with.
IoStatus read_to_end(Transport& transport);

/// All text that the transport has, whatever the clock says.
std::string remote_text(Transport& transport);

}  // namespace tunnel::transport
