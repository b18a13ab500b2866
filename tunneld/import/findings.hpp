#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::importer {

/// A line of a file, as it is called in messages: "etc/ppp/ppp.conf", 12. Line 0: the whole file.
struct Place {
  std::string file{};
  unsigned line = 0;

  bool operator==(const Place&) const = default;
};

/// What an administrator has to do about something.
enum class Attention : std::uint8_t {
  FillIn,      // nothing below DIR says it, and `tunnelctl check` will not pass without it
  NotCarried,  // it was there, and is not any more
  Check,       // it was carried over, but only its owner knows whether that is right
};

/// One entry of the list: where, what, and what to do instead.
struct Finding {
  Attention attention = Attention::NotCarried;
  std::string file{};
  std::vector<unsigned> lines{};  // ascending; empty: the whole file
  std::string what{};
  std::string advice{};

  bool operator==(const Finding&) const = default;
};

/// A setting that has no counterpart because there is nothing left to set.
struct Unneeded {
  Place where{};
  std::string what{};

  bool operator==(const Unneeded&) const = default;
};

/// Collects what is to be told. Texts may have pieces of the files in them: they are made printable
/// here, and cut where they are long.
class Findings {
 public:
  /// The same again of another line of the same file becomes one entry with both lines.
  void add(Attention attention, const Place& where, std::string_view what, std::string_view advice);
  void unneeded(const Place& where, std::string_view what);

  /// What is to be filled in first, then what is not carried over, then what is to be checked; of
  /// each, file by file from the top to the end.
  std::vector<Finding> sorted() const;

  const std::vector<Unneeded>& all_unneeded() const noexcept { return unneeded_; }

 private:
  std::vector<Finding> all_;
  std::vector<Unneeded> unneeded_;
};

}  // namespace tunnel::importer
