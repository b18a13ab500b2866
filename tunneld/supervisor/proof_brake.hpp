#pragma once

#include <optional>
#include <string>

namespace tunnel::supervisor {

/// Counts the proofs of one peer that were refused in a row. Whoever has its SSH key and guesses at
/// its PPP secret gets a few tries, as for slips of the pen, and from then on one between two
/// pauses that grow (Event::ProofsRefused).
class ProofBrake {
 public:
  /// Another session of the peer, which has not failed yet.
  void begin_session() noexcept { failed_ = false; }

  void refused() noexcept {
    ++refusals_;
    failed_ = true;
  }

  /// The peer has proved itself, or the administrator has a hand in it.
  void release() noexcept { *this = {}; }

  /// Why the site is to be held down when the present session ends, in words for the administrator;
  /// nothing: it is not.
  std::optional<std::string> reason() const;

  /// Whether this is the first time since release(), so that it is logged once.
  bool tell() noexcept;

 private:
  unsigned refusals_ = 0;
  bool failed_ = false;  // the present session
  bool told_ = false;
};

}  // namespace tunnel::supervisor
