#include "filter/kernel/nftables.hpp"

#include "filter/kernel/in_child.hpp"
#include "filter/kernel/table_watch.hpp"
#include "filter/kernel/timeouts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <nftables/libnftables.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace tunnel::filter::kernel {

namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

enum class Listing : bool { Whole, Terse };

/// One line of what libnftables has to say, without its places: those are of JSON text.
std::string first_line(const char* text) {
  if (text == nullptr) return {};
  std::string line{text};
  line = line.substr(0, line.find('\n'));
  constexpr std::string_view kError = "Error: ";
  const auto begin = line.find(kError);
  return begin == std::string::npos ? line : line.substr(begin + kError.size());
}

/// libnftables, for a few commands. It aborts the process on what it takes for a mistake of its own
/// (1.0.6: to delete a "ct timeout"), so it is only used in a child.
class Library {
 public:
  Library() : nft_{nft_ctx_new(NFT_CTX_DEFAULT)} {
    if (!nft_) return;
    nft_ctx_output_set_flags(nft_.get(), NFT_CTX_OUTPUT_JSON);
    buffered_ = nft_ctx_buffer_output(nft_.get()) == 0 && nft_ctx_buffer_error(nft_.get()) == 0;
  }

  /// What it prints.
  Result<std::string> run(const std::string& text) {
    if (!buffered_) return make_error(std::errc::not_enough_memory, "open nftables");
    errno = 0;
    if (nft_run_cmd_from_buffer(nft_.get(), text.c_str()) != 0) {
      const int number = errno == 0 ? EINVAL : errno;
      auto line = first_line(nft_ctx_get_error_buffer(nft_.get()));
      if (line.empty()) line = std::generic_category().message(number);
      return make_error(static_cast<std::errc>(number), std::move(line));
    }
    const auto* printed = nft_ctx_get_output_buffer(nft_.get());
    return std::string{printed == nullptr ? "" : printed};
  }

  Result<std::string> run(const object& commands) { return run(boost::json::serialize(commands)); }

  Result<std::string> list(const std::string& table, Listing listing) {
    if (!buffered_) return make_error(std::errc::not_enough_memory, "open nftables");
    const auto flags = nft_ctx_output_get_flags(nft_.get());
    if (listing == Listing::Terse) {
      nft_ctx_output_set_flags(nft_.get(), flags | NFT_CTX_OUTPUT_TERSE);
    }
    auto listed = run(object{
        {"nftables",
         array{object{{"list", object{{"table", object{{"family", "inet"}, {"name", table}}}}}}}}});
    nft_ctx_output_set_flags(nft_.get(), flags);
    return listed;
  }

  void change_nothing() {
    if (nft_) nft_ctx_set_dry_run(nft_.get(), true);
  }

 private:
  struct Free {
    void operator()(nft_ctx* context) const noexcept { nft_ctx_free(context); }
  };

  std::unique_ptr<nft_ctx, Free> nft_;
  bool buffered_ = false;
};

Result<value> parsed(const std::string& text) {
  boost::json::error_code failed;
  auto answer = boost::json::parse(text, failed);
  if (failed) return make_error(std::errc::bad_message, "read the answer of nftables");
  return answer;
}

/// Commands, and the generations of the kernel's rules before and behind them.
struct Span {
  std::uint32_t before = 0;
  std::uint32_t behind = 0;

  std::uint32_t length() const noexcept { return behind - before; }
};

template <typename Commands>
Result<Span> run_in_span(Library& library, const Commands& commands) {
  const auto before = generation();
  if (!before) return before.error();
  if (const auto done = library.run(commands); !done) return done.error();
  const auto behind = generation();
  if (!behind) return behind.error();
  return Span{*before, *behind};
}

/// With ages of flows in the way that libnftables can take them (timeouts.hpp). Returns the first
/// generation and the last one; the first one twice where others were at it as well. To add what is
/// there makes no generation; everything else makes one.
Result<std::string> run_and_count(const object& commands) {
  Library library;
  const auto parts = split(commands);
  const auto words = [](std::uint32_t first, std::uint32_t last) {
    return std::to_string(first) + ' ' + std::to_string(last);
  };
  if (parts.text.empty()) {
    const auto span = run_in_span(library, commands);
    if (!span) return span.error();
    return words(span->before, span->length() <= 1 ? span->behind : span->before);
  }
  const auto listed = library.list(parts.table, Listing::Terse);
  const auto there = listed ? parsed(*listed) : Result<value>{value{}};
  const auto made = run_in_span(library, parts.text);
  if (!made) return made.error();
  const auto done = run_in_span(library, emptying(parts, there ? *there : value{}));
  if (!done) return done.error();
  const bool alone = made->length() <= 1 && done->before == made->behind && done->length() <= 1;
  return words(made->before, alone ? done->behind : made->before);
}

Error failure(const Error& error) {
  return make_error(static_cast<std::errc>(error.code.value()), "nftables: " + error.context);
}

}  // namespace

Result<void> Nftables::run(const object& commands) {
  const auto done = in_child([&] { return run_and_count(commands); });
  before_ = 0;
  last_ = 0;
  if (!done) return failure(done.error());
  std::istringstream{*done} >> before_ >> last_;
  return {};
}

bool Nftables::accepts(const object& commands) {
  const auto done = in_child([&] {
    Library library;
    library.change_nothing();
    return library.run(commands);
  });
  return done.has_value();
}

Result<value> Nftables::list(const std::string& table) {
  const auto listed = in_child([&] { return Library{}.list(table, Listing::Whole); });
  if (!listed) return failure(listed.error());
  return parsed(*listed);
}

}  // namespace tunnel::filter::kernel
