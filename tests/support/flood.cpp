#include "tests/support/flood.hpp"

#include <sstream>

namespace tunnel::test {

std::string call_with(std::string_view key) {
  return "ssh -T -F none -i /etc/tunneld/keys/" + std::string{key} +
         " -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes "
         "pppossh@vpn.labs.example";
}

double seconds_in(const std::string& times) {
  std::istringstream in{times};
  double sum = 0;
  int fields = 0;
  unsigned minutes = 0;
  double seconds = 0;
  for (char m = 0, s = 0; in >> minutes >> m >> seconds >> s && m == 'm' && s == 's'; ++fields) {
    sum += minutes * 60 + seconds;
  }
  return fields == 2 ? sum : -1;
}

}  // namespace tunnel::test
