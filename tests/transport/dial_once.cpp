/// Dials 127.0.0.1 once, as whoever runs it: dial_once PORT CLIENT, with the host key's line and
/// the private key on standard input. Prints "open: DESCRIPTION" and exits with 0, or says what
/// failed.

#include "pppd-bridge/transport/dial.hpp"
#include "tests/support/key_agent.hpp"

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

class Silent final : public tunnel::transport::DialObserver {
 public:
  void stage(tunnel::transport::Stage /*stage*/, std::string /*detail*/) override {}

  void remote_text(std::string /*line*/) override {}
};

}  // namespace

int main(int count, char** arguments) {
  using namespace tunnel;
  if (count != 3) return EXIT_FAILURE;
  transport::DialSettings settings;
  settings.host = "127.0.0.1";
  settings.port = static_cast<std::uint16_t>(std::atoi(arguments[1]));
  settings.user = "root";
  settings.client = std::string_view{arguments[2]} == "libssh2" ? transport::Client::Libssh2
                                                                : transport::Client::Openssh;
  settings.host_keys.resize(1);
  std::getline(std::cin, settings.host_keys[0]);
  test::KeyAgent agent{{std::istreambuf_iterator<char>{std::cin}, {}}};
  settings.agent = settings.client == transport::Client::Libssh2 ? agent.connect() : agent.handle();
  Silent observer;
  const auto result = transport::dial(std::move(settings), observer);
  if (!result) {
    std::cout << transport::stage_name(result.error().stage) << ": " << result.error().text << '\n';
    return EXIT_FAILURE;
  }
  std::cout << "open: " << (*result)->describe() << '\n';
  return EXIT_SUCCESS;
}
