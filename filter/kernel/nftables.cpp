#include "filter/kernel/nftables.hpp"

#include "filter/kernel/timeouts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <nftables/libnftables.h>

#include <cerrno>
#include <string>
#include <utility>

namespace tunnel::filter::kernel {

struct Nftables::Context {
  struct Free {
    void operator()(nft_ctx* context) const noexcept { nft_ctx_free(context); }
  };

  std::unique_ptr<nft_ctx, Free> nft;
};

namespace {

/// One line of what libnftables has to say, without its places: those are of JSON text.
std::string first_line(const char* text) {
  if (text == nullptr) return {};
  std::string line{text};
  line = line.substr(0, line.find('\n'));
  constexpr std::string_view kError = "Error: ";
  const auto begin = line.find(kError);
  return begin == std::string::npos ? line : line.substr(begin + kError.size());
}

}  // namespace

Nftables::Nftables(std::unique_ptr<Context> context) noexcept : context_{std::move(context)} {}

Nftables::Nftables(Nftables&&) noexcept = default;
Nftables& Nftables::operator=(Nftables&&) noexcept = default;
Nftables::~Nftables() = default;

Result<Nftables> Nftables::open() {
  auto context = std::make_unique<Context>();
  context->nft.reset(nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context->nft) return make_error(std::errc::not_enough_memory, "open nftables");
  auto* nft = context->nft.get();
  nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
  if (nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0) {
    return make_error(std::errc::not_enough_memory, "open nftables");
  }
  return Nftables{std::move(context)};
}

Result<void> Nftables::run_text(const std::string& text) {
  errno = 0;
  if (nft_run_cmd_from_buffer(context_->nft.get(), text.c_str()) == 0) return {};
  const int number = errno == 0 ? EINVAL : errno;
  return Error{std::error_code{number, std::system_category()},
               first_line(nft_ctx_get_error_buffer(context_->nft.get()))};
}

Result<void> Nftables::run_json(const boost::json::object& commands) {
  auto done = run_text(boost::json::serialize(commands));
  static_cast<void>(nft_ctx_get_output_buffer(context_->nft.get()));  // empties it
  return done;
}

Result<void> Nftables::run(const boost::json::object& commands) {
  const auto parts = split(commands);
  if (parts.text.empty()) return run_json(commands);
  using boost::json::object;
  const object table{{"family", "inet"}, {"name", parts.table}};
  auto* nft = context_->nft.get();
  const auto flags = nft_ctx_output_get_flags(nft);
  nft_ctx_output_set_flags(nft, flags | NFT_CTX_OUTPUT_TERSE);
  const auto listed =
      ask(object{{"nftables", boost::json::array{object{{"list", object{{"table", table}}}}}}});
  nft_ctx_output_set_flags(nft, flags);
  auto made = run_text(parts.text);
  static_cast<void>(nft_ctx_get_output_buffer(nft));
  if (!made) return made;
  return run_json(emptying(parts, listed ? *listed : boost::json::value{}));
}

bool Nftables::accepts(const boost::json::object& commands) {
  auto* nft = context_->nft.get();
  nft_ctx_set_dry_run(nft, true);
  const auto done = run_json(commands);
  nft_ctx_set_dry_run(nft, false);
  return done.has_value();
}

Result<boost::json::value> Nftables::ask(const boost::json::object& commands) {
  if (const auto done = run_text(boost::json::serialize(commands)); !done) return done.error();
  const auto* text = nft_ctx_get_output_buffer(context_->nft.get());
  boost::json::error_code failed;
  auto answer = boost::json::parse(text == nullptr ? "" : text, failed);
  if (failed) return make_error(std::errc::bad_message, "read the answer of nftables");
  return answer;
}

}  // namespace tunnel::filter::kernel
