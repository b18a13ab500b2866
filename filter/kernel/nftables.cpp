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

/// With ages of flows in the way that libnftables can take them (timeouts.hpp). Returns how many
/// transactions it took.
Result<std::uint32_t> run_all(const object& commands) {
  Library library;
  const auto parts = split(commands);
  if (parts.text.empty()) {
    if (const auto done = library.run(commands); !done) return done.error();
    return 1U;
  }
  const auto listed = library.list(parts.table, Listing::Terse);
  const auto there = listed ? parsed(*listed) : Result<value>{value{}};
  if (const auto made = library.run(parts.text); !made) return made.error();
  if (const auto done = library.run(emptying(parts, there ? *there : value{})); !done) {
    return done.error();
  }
  return 2U;
}

/// The generations before and behind: as many apart as there were transactions, unless others had
/// some as well.
Result<std::string> run_and_count(const object& commands) {
  const auto before = generation();
  if (!before) return before.error();
  const auto done = run_all(commands);
  if (!done) return done.error();
  const auto behind = generation();
  if (!behind) return behind.error();
  const bool alone = *behind - *before == *done;
  return std::to_string(*before) + ' ' + std::to_string(alone ? *behind : *before);
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
