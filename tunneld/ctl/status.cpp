// The verb `status`: once, or for as long as somebody watches.

#include "tunneld/ctl/document.hpp"
#include "tunneld/ctl/status_text.hpp"
#include "tunneld/ctl/units.hpp"
#include "tunneld/ctl/verbs.hpp"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace tunnel::ctl {

namespace json = boost::json;

namespace {

json::object site_params(const std::string& site) {
  json::object params;
  if (!site.empty()) params["site"] = site;
  return params;
}

Detail detail_of(const StatusCommand& command) {
  return command.site.empty() ? Detail::AllSites : Detail::OneSite;
}

bool is_up(const json::object& site) {
  return raw_text(site, "state") == "up";
}

ExitCode verdict(const json::object& status) {
  const auto sites = objects(status, "sites");
  const bool all_up = std::all_of(sites.begin(), sites.end(), [](const auto* site) {
    return is_up(*site) || !flag(*site, "wanted");
  });
  return all_up ? ExitCode::Ok : ExitCode::NotUp;
}

/// A screen of text from the top left corner on, over what stood there: without a flicker.
std::string screen(std::string_view text, WindowSize size) {
  std::string out = "\033[H";
  for (std::size_t row = 1; row < size.rows && !text.empty(); ++row) {
    const auto end = text.find('\n');
    out += cut_to(text.substr(0, end), size.columns);
    out += "\033[K\n";
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out + "\033[J";
}

/// Follows the states until what is waited for is there, or somebody ends it.
class Watch {
 public:
  Watch(const Context& context, const StatusCommand& command, Client& client)
      : context_{context},
        command_{command},
        client_{client},
        redraws_{command.format == Format::Text && context.out.is_terminal()} {
    if (command.timeout) end_ = Client::now() + *command.timeout;
  }

  ExitCode run() {
    if (auto ready = client_.watch(context_.out.fd()); !ready) {
      return context_.fail(ready.error().message());
    }
    auto params = site_params(command_.site);
    params["topics"] = {"state"};
    if (const auto subscribed = client_.call("subscribe", params); !subscribed) {
      return failed(subscribed.error());
    }
    if (const auto code = refresh()) return *code;
    client_.drop_notifications();
    show_first();
    while (!reached()) {
      context_.out.flush();
      if (const auto code = step()) return *code;
    }
    tell_the_rest();
    return ExitCode::Ok;
  }

 private:
  /// Waits for one thing to happen; a code when it was the last.
  std::optional<ExitCode> step() {
    const auto event = client_.next(wakeup());
    if (const auto* change = std::get_if<Notification>(&event)) return changed(change->params);
    switch (*std::get_if<Ended>(&event)) {
      case Ended::Deadline:
        break;
      case Ended::Interrupted:
      case Ended::OutputGone:
        return verdict(status_);
      case Ended::Closed:
      case Ended::Garbled:
        return context_.fail("tunneld has ended, or closed the connection");
    }
    if (end_ && Client::now() >= *end_) return timed_out();
    const auto code = refresh();
    if (!code && redraws_) draw();
    return code;
  }

  /// A screen is drawn again each second, for its counters.
  std::optional<TimePoint> wakeup() const {
    if (!redraws_) return end_;
    const auto second = Client::now() + std::chrono::seconds{1};
    return end_ ? std::min(*end_, second) : second;
  }

  /// A state that lasts for a moment is seen here and not in the status asked for after it.
  void note(const json::object& change) {
    passed_ = passed_ || (!command_.site.empty() && raw_text(change, "site") == command_.site &&
                          raw_text(change, "to") == command_.until);
  }

  std::optional<ExitCode> changed(const json::object& change) {
    note(change);
    if (const auto code = refresh()) return code;
    if (redraws_) {
      draw();
    } else if (command_.format == Format::Json) {
      context_.out.line(json_line(status_));
    } else {
      context_.out.line(change_text(change));
    }
    return std::nullopt;
  }

  /// A status may be ahead of the changes that led to it, of which each has its line.
  void tell_the_rest() {
    if (redraws_ || command_.format == Format::Json) return;
    while (!passed_) {
      const auto event = client_.next(Client::now());
      const auto* change = std::get_if<Notification>(&event);
      if (change == nullptr) return;
      note(change->params);
      context_.out.line(change_text(change->params));
    }
  }

  std::optional<ExitCode> refresh() {
    auto status = client_.call("status", site_params(command_.site));
    if (!status) return failed(status.error());
    status_ = std::move(*status);
    return std::nullopt;
  }

  void show_first() {
    if (redraws_) {
      context_.out.print("\033[2J");
      draw();
    } else if (command_.format == Format::Json) {
      context_.out.line(json_line(status_));
    } else {
      for (const auto* site : objects(status_, "sites")) context_.out.line(headline(*site));
    }
  }

  void draw() {
    const auto text = status_text(status_, detail_of(command_));
    context_.out.print(screen(text, window_size(context_.out.fd())));
  }

  /// Of all sites, "up" asks only for those that are wanted.
  bool reached() const {
    if (command_.until.empty()) return false;
    if (passed_) return true;
    const auto sites = objects(status_, "sites");
    return std::all_of(sites.begin(), sites.end(), [&](const auto* site) {
      const bool waived = command_.site.empty() && command_.until == "up" && !flag(*site, "wanted");
      return waived || raw_text(*site, "state") == command_.until;
    });
  }

  ExitCode timed_out() {
    if (refresh()) return ExitCode::Failed;
    if (reached()) {
      tell_the_rest();
      return ExitCode::Ok;
    }
    std::vector<std::string> late;
    for (const auto* site : objects(status_, "sites")) {
      if (raw_text(*site, "state") != command_.until) late.push_back(headline(*site));
    }
    const auto waited = std::chrono::ceil<std::chrono::seconds>(*command_.timeout);
    context_.complain("not " + command_.until + " after " + human_duration(waited) + ": " +
                      joined(late));
    return ExitCode::NotUp;
  }

  ExitCode failed(const CallError& error) const {
    if (error.ended == Ended::Interrupted || error.ended == Ended::OutputGone) {
      return verdict(status_);
    }
    return fail_call(context_, client_, error, command_.site);
  }

  const Context& context_;
  const StatusCommand& command_;
  Client& client_;
  const bool redraws_;
  std::optional<TimePoint> end_;
  json::object status_;
  bool passed_ = false;  // the one site has been in the state that is waited for
};

}  // namespace

ExitCode run(const Context& context, const StatusCommand& command) {
  auto client = connect(context);
  if (!client) return context.fail(client.error());
  if (command.watch) return Watch{context, command, *client}.run();
  const auto status = client->call("status", site_params(command.site));
  if (!status) return fail_call(context, *client, status.error(), command.site);
  context.out.print(command.format == Format::Json ? json_line(*status) + '\n'
                                                   : status_text(*status, detail_of(command)));
  return verdict(*status);
}

}  // namespace tunnel::ctl
