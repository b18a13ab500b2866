// tunnelctl: asks tunneld by its control socket, and does what needs no daemon (check, key) itself.
//
// The command line becomes a value (options), which names one function (verbs). All that is printed
// goes through one Output, all that came from elsewhere through terminal_text() or json_line().

#include "tunneld/ctl/verbs.hpp"

#include <csignal>
#include <cstring>
#include <variant>

namespace tunnel::ctl {

namespace {

int answer_early(const EarlyAnswer& answer, Output& out, Output& err) {
  (answer.code == ExitCode::Ok ? out : err).print(answer.text);
  return static_cast<int>(answer.code);
}

int run_invocation(const Invocation& invocation, Output& out, Output& err) {
  const Context context{.common = invocation.common, .out = out, .err = err};
  const auto code =
      std::visit([&](const auto& command) { return run(context, command); }, invocation.command);
  out.flush();
  if (out.failure() != 0) {
    return static_cast<int>(context.fail(std::string{"cannot write to standard output: "} +
                                         std::strerror(out.failure())));
  }
  return static_cast<int>(code);
}

int run_program(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes is noticed where we write
  Output out{1};
  Output err{2};
  const auto parsed = parse_command_line(argc, argv);
  if (const auto* answer = std::get_if<EarlyAnswer>(&parsed))
    return answer_early(*answer, out, err);
  return run_invocation(*std::get_if<Invocation>(&parsed), out, err);
}

}  // namespace

}  // namespace tunnel::ctl

int main(int argc, char** argv) {
  return tunnel::ctl::run_program(argc, argv);
}
