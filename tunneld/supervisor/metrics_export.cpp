#include "tunneld/supervisor/metrics_export.hpp"

#include "tunneld/supervisor/whole_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace tunnel::supervisor {

MetricsExport::MetricsExport(boost::asio::io_context& context, Text text, Say say)
    : timer_{context}, text_{std::move(text)}, say_{std::move(say)} {}

void MetricsExport::set(const std::optional<config::Metrics>& wanted) {
  if (wanted_ && (!wanted || wanted->file != wanted_->file)) remove();
  timer_.cancel();
  wanted_ = wanted;
  write();
}

void MetricsExport::write() {
  if (!wanted_) return;
  const auto written = replace_file(wanted_->file, text_(), FileUse::Export);
  note(written ? std::string{} : written.error().message());
  timer_.expires_after(wanted_->interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) write();
  });
}

void MetricsExport::remove() const {
  std::error_code ignored;
  std::filesystem::remove(wanted_->file, ignored);
}

void MetricsExport::note(std::string failure) {
  const auto before = std::exchange(failure_, std::move(failure));
  if (before == failure_) return;
  if (failure_.empty()) {
    say_(audit::Priority::Notice,
         fmt::format("metrics are written to {} again", wanted_->file.native()));
  } else {
    say_(audit::Priority::Warning,
         fmt::format(
             "metrics cannot be written, which is tried again: {} (tunneld's account must be "
             "able to write there, and its unit must allow it: tunnelctl(8), METRICS)",
             failure_));
  }
}

}  // namespace tunnel::supervisor
