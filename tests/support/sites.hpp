#pragma once

#include "tests/support/process.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tunnel::test {

/// Which SSH client HOME's profile names.
enum class SshClient : std::uint8_t { Libssh2, Openssh };

/// "libssh2" or "openssh", as in a profile.
std::string_view client_name(SshClient client);

/// `tunnelctl status SITE --json` of one gateway.
struct Status {
  int exit_status = -1;
  boost::json::object gateway{};
  boost::json::object site{};
};

/// A member of a JSON object; throws when there is none, or of another type.
std::string text_of(const boost::json::object& object, std::string_view key);
std::int64_t number_of(const boost::json::object& object, std::string_view key);

/// Waits for a state that a status shows.
using Condition = std::function<bool(const boost::json::object& site)>;
Condition is_state(std::string_view state);
/// Up, for the `count`-th time since its tunneld started.
Condition is_established(std::int64_t count);
/// Waiting for the next attempt, for a reason with this text in it.
Condition is_waiting_for(std::string text);

/// Looks on, without a gap, from when it is made: `tunnelctl status SITE --watch --json`.
class StatusWatch {
 public:
  explicit StatusWatch(Process watch);
  /// The first status from now on that is so; of the first one, that of the beginning.
  boost::json::object wait_for(const Condition& condition, Limit limit = kPatience);

 private:
  Process watch_;
};

/// The reference pair of sites (examples/two-sites), for one test: network namespaces, a real sshd
/// and a tunneld on each gateway, under a folder of its own, in the private machine that the test
/// runs in. Nodes are called as there: client, home, internet, labs, routera, sql, ... Everything
/// is gone with this object. Every failure throws.
class World {
 public:
  /// Nodes, programs, keys and profiles; nothing runs yet.
  explicit World(SshClient client = SshClient::Libssh2);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  /// sshd and both daemons, at the same time, and waits until the link is up at both ends.
  void start() const;
  /// A command of sites.sh: "start-sshd", "power-off home", "reboot labs".
  void sites(const std::vector<std::string>& command) const;

  void start_tunneld(const std::string& gateway) const { sites({"start-tunneld", gateway}); }

  void start_sshd() const { sites({"start-sshd"}); }

  /// Asks a started program ("tunneld", "sshd") to end, or kills it, and waits until it is gone.
  void stop(const std::string& gateway, const std::string& program,
            const std::string& signal = "TERM") const;
  /// By SIGKILL, the daemon first, so that it cannot replace the bridge.
  void kill_tunneld_and_bridge(const std::string& gateway, pid_t bridge) const;

  /// The command in the namespaces of a node.
  Process spawn(const std::string& node, const std::vector<std::string>& command,
                Streams streams = {}) const;
  Finished exec(const std::string& node, const std::vector<std::string>& command,
                Limit limit = kPatience) const;
  /// Its standard output; throws if it fails.
  std::string output(const std::string& node, const std::vector<std::string>& command) const;
  /// The same for a line of shell.
  std::string shell(const std::string& node, const std::string& line) const;

  Status status(const std::string& gateway) const { return status(gateway, site_of(gateway)); }

  Status status(const std::string& gateway, const std::string& site) const;

  StatusWatch watch(const std::string& gateway) const { return watch(gateway, site_of(gateway)); }

  StatusWatch watch(const std::string& gateway, const std::string& site) const;
  /// Waits until the gateway's site is so.
  boost::json::object wait_for(const std::string& gateway, const Condition& condition,
                               Limit limit = kPatience) const;

  void wait_until_up(const std::string& gateway, Limit limit = kPatience) const {
    wait_for(gateway, is_state("up"), limit);
  }

  Finished tunnelctl(const std::string& gateway, std::vector<std::string> arguments) const;
  /// The name of the site in the gateway's profile: labs at home, and home at labs.
  static std::string site_of(const std::string& gateway);

  pid_t tunneld_pid(const std::string& gateway) const;
  pid_t bridge_pid(const std::string& gateway) const;
  /// Names of all programs that run on a node, sorted, without the holder of its namespaces and a
  /// tunnelctl that watches.
  std::vector<std::string> programs_on(const std::string& node) const;
  /// The process of Labs' sshd that serves HOME's session.
  pid_t session_pid() const;

  /// A file of a gateway as its programs see it: "/etc/tunneld/...", "/var/log/tunneld/...",
  /// "/etc/ssh/...".
  std::filesystem::path file(const std::string& gateway, const std::string& path) const;
  std::string read(const std::string& gateway, const std::string& path) const;
  /// A new file, or a new text in an old one, whose owner and mode stay.
  void write(const std::string& gateway, const std::string& path, const std::string& text) const;
  /// Replaces `from`, which must occur, in place: owner and mode stay.
  void edit(const std::string& gateway, const std::string& path, const std::string& from,
            const std::string& to) const;
  /// HOME's or Labs' site profile.
  void edit_profile(const std::string& gateway, const std::string& from,
                    const std::string& to) const;

  /// The process that holds a node's namespaces.
  pid_t holder(const std::string& node) const;

  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  void script(const std::string& lines) const;
  void kill_everything() const;

  std::filesystem::path folder_;
};

/// While it lives, this thread makes its sockets in the node's network.
class InNetwork {
 public:
  InNetwork(const World& world, const std::string& node);
  InNetwork(const InNetwork&) = delete;
  InNetwork& operator=(const InNetwork&) = delete;
  ~InNetwork();

 private:
  UniqueFd before_;
};

}  // namespace tunnel::test
