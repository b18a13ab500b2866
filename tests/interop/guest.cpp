#include "tests/interop/guest.hpp"

#include "tunneld/base/unix_socket.hpp"

#include <sys/socket.h>

#include <array>
#include <cctype>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

namespace tunnel::test {

namespace fs = std::filesystem;

namespace {

/// An emulated processor may have to share a busy one.
constexpr Limit kBootLimit = 60s;

fs::path make_folder() {
  std::string path = "/run/interop-test.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) fail_errno("make a folder in /run");
  fs::permissions(path, fs::perms{0711});  // the socket in it is for everybody
  return path;
}

std::string image(const std::string& name) {
  const auto path = TUNNEL_GUEST_DIR "/" + name;
  if (!fs::exists(path)) {
    throw std::runtime_error{"there is no " + path +
                             ": make it by tests/interop/make-guest.sh " TUNNEL_GUEST_DIR};
  }
  return path;
}

/// A PC without anything but two serial ports; a machine that crashes ends.
std::vector<std::string> machine(const std::string& serial_line) {
  return {"qemu-system-x86_64",
          "-accel",
          "tcg",
          "-m",
          "192",
          "-nodefaults",
          "-display",
          "none",
          "-no-reboot",
          "-chardev",
          "stdio,id=console,signal=off",
          "-device",
          "isa-serial,chardev=console,index=0",
          "-chardev",
          "socket,id=line,server=on,wait=off,path=" + serial_line,
          "-device",
          "isa-serial,chardev=line,index=1",
          "-kernel",
          image("vmlinux"),
          "-initrd",
          image("initrd"),
          "-append",
          "console=ttyS0 quiet panic=-1"};
}

/// In octal where it could mean anything to a shell, a printf or a terminal.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const auto digit = [byte](int shift) { return static_cast<char>('0' + (byte >> shift & 7)); };
    if (std::isalnum(byte) != 0 || c == ' ') {
      out += c;
    } else {
      out += {'\\', '0', digit(6), digit(3), digit(0)};
    }
  }
  return out;
}

}  // namespace

Guest::Keyboard::Keyboard() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) < 0) {
    fail_errno("make a socket pair");
  }
  ours = UniqueFd{pair[0]};
  guests = UniqueFd{pair[1]};
}

Guest::Guest()
    : folder_{make_folder()},
      serial_line_{folder_ / "ppp.sock"},
      machine_{machine(serial_line_.native()), {.input = keyboard_.guests.get()}} {
  wait_for("guest:ready", 1, kBootLimit);
  fs::permissions(serial_line_, fs::perms{0666});
}

Guest::~Guest() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

UniqueFd Guest::connect() const {
  auto connected = connect_unix(serial_line_, SocketKind::Stream);
  if (!connected) {
    throw std::system_error{connected.error().code, connected.error().context};
  }
  return std::move(*connected);
}

Finished Guest::exec(const std::string& line, Limit limit) {
  const auto name = "guest:" + std::to_string(++commands_);
  const auto typed = std::to_string(commands_) + ' ' + line + '\n';
  if (::send(keyboard_.ours.get(), typed.data(), typed.size(), MSG_NOSIGNAL) < 0) {
    fail_errno("type " + line);
  }
  const auto end = wait_for(name + "< ", 1, limit);
  Finished finished;
  finished.status = std::stoi(end.substr(end.find("< ") + 2));
  std::istringstream lines{console()};
  for (std::string text; std::getline(lines, text);) {
    if (text.starts_with(name + "> ")) finished.out += text.substr(name.size() + 2) + '\n';
  }
  return finished;
}

std::string Guest::shell(const std::string& line, Limit limit) {
  auto finished = exec(line, limit);
  if (finished.status == 0) return std::move(finished.out);
  throw std::runtime_error{"in the guest, " + line + " ended with " +
                           std::to_string(finished.status) + ": " + finished.out};
}

void Guest::start(const std::string& name, const std::string& line) {
  shell("{ " + line + "; echo \"" + name + " ended with $?\"; } </dev/null >/dev/ttyS0 2>&1 &");
}

void Guest::write(const std::string& path, std::string_view text) {
  shell("umask 077; printf '%b' '" + escaped(text) + "' >" + path);
}

void Guest::start_pppd(const std::string& addresses, const std::string& options) {
  start("pppd", "pppd /dev/ttyS1 115200 local nocrtscts nodetach debug logfd 1 noauth " +
                    addresses + ' ' + options);
  wait_for("using channel ", ++pppds_);
}

bool Guest::reaches(const std::string& address, unsigned size) {
  return exec("ping -A -c 3 -W 5 -s " + std::to_string(size) + ' ' + address).status == 0;
}

}  // namespace tunnel::test
