#include "tests/support/sites.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>
#include <utility>

namespace tunnel::test {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr Limit kSetUpLimit = 60s;

constexpr auto kSites = TUNNEL_SOURCE_DIR "/examples/two-sites/sites.sh";

fs::path make_folder() {
  std::string path = "/run/sites-test.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) fail_errno("make a folder in /run");
  return path;
}

std::string read_file(const fs::path& path) {
  std::ifstream file{path};
  if (!file) fail_errno("open " + path.native());
  return {std::istreambuf_iterator<char>{file}, {}};
}

Finished successful(Finished finished, const std::string& what) {
  if (finished.status == 0) return finished;
  throw std::runtime_error{what + " ended with " + std::to_string(finished.status) + ": " +
                           finished.out + finished.err};
}

fs::path network_of(pid_t pid) {
  std::error_code ignored;
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/ns/net", ignored);
}

std::vector<pid_t> processes_in(const std::set<fs::path>& networks) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().native();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (networks.contains(network_of(std::stoi(name)))) found.push_back(std::stoi(name));
  }
  return found;
}

std::string name_of(pid_t pid) {
  auto name = read_file("/proc/" + std::to_string(pid) + "/comm");
  name.pop_back();
  return name;
}

json::object first_site(const json::object& status) {
  return status.at("sites").as_array().at(0).as_object();
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

}  // namespace

std::string_view client_name(SshClient client) {
  return client == SshClient::Libssh2 ? "libssh2" : "openssh";
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto& value = object.at(key);
  return value.is_null() ? std::string{} : std::string{value.as_string()};
}

std::int64_t number_of(const json::object& object, std::string_view key) {
  return object.at(key).to_number<std::int64_t>();
}

Condition is_state(std::string_view state) {
  return [state = std::string{state}](const json::object& site) {
    return text_of(site, "state") == state;
  };
}

Condition is_established(std::int64_t count) {
  return [count](const json::object& site) {
    return text_of(site, "state") == "up" && number_of(site, "established") == count;
  };
}

Condition is_waiting_for(std::string text) {
  return [text = std::move(text)](const json::object& site) {
    return text_of(site, "state") == "waiting" &&
           text_of(site, "last_error").find(text) != std::string::npos;
  };
}

StatusWatch::StatusWatch(Process watch) : watch_{std::move(watch)} {}

json::object StatusWatch::wait_for(const Condition& condition, Limit limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  std::string last;
  try {
    while (const auto line = watch_.next_line(Limit{poll_time(end)})) {
      auto site = first_site(json::parse(*line).as_object());
      if (condition(site)) return site;
      last = *line;
    }
  } catch (const Timeout& timeout) {
    throw Timeout{std::string{timeout.what()} + "; the status was " + last};
  }
  throw std::runtime_error{"the status watch ended: " + watch_.finish().err + last};
}

World::World(SshClient client) : folder_{make_folder()} {
  try {
    script("sites_build; sites_install_programs " TUNNEL_BIN_DIR "; sites_configure");
    if (client != SshClient::Libssh2) {
      edit_profile("home", "[ssh]\n",
                   "[ssh]\nclient = \"" + std::string{client_name(client)} + "\"\n");
    }
  } catch (...) {
    kill_everything();
    throw;
  }
}

World::~World() {
  kill_everything();
}

/// What sites.sh does in order and with a program for each process, at once: this is what a test
/// spends most of its time on otherwise.
void World::kill_everything() const {
  std::set<fs::path> networks;
  std::error_code error;
  const auto handles = fs::path{"/run/sites" + folder_.native()};
  for (const auto& handle : fs::directory_iterator{handles, error}) {
    networks.insert(network_of(holder(handle.path().filename())));
  }
  networks.erase(fs::path{});  // of a node whose holder has died
  std::vector<ProcessHandle> processes;
  for (const auto pid : processes_in(networks)) {
    try {
      processes.emplace_back(pid);
      processes.back().signal(SIGKILL);
    } catch (const std::system_error&) {  // it was quicker
    }
  }
  for (const auto& process : processes) static_cast<void>(process.gone_within(kPatience));
  fs::remove_all(folder_, error);
  fs::remove_all(handles, error);
}

void World::script(const std::string& lines) const {
  const auto whole = "export SITES_DIR=" + folder_.native() + "; . " + kSites + "; " + lines;
  successful(run({"bash", "-c", whole}, kSetUpLimit), lines);
}

void World::start() const {
  script(
      "sites_start_tunneld labs & tunneld=$!; sites_start_sshd; wait $tunneld; "
      "sites_start_tunneld home");
  wait_until_up("home");
  wait_until_up("labs");
}

void World::sites(const std::vector<std::string>& command) const {
  std::vector<std::string> whole{"env", "SITES_DIR=" + folder_.native(), kSites};
  whole.insert(whole.end(), command.begin(), command.end());
  successful(run(whole, kSetUpLimit), "sites.sh " + joined(command));
}

void World::stop(const std::string& gateway, const std::string& program,
                 const std::string& signal) const {
  sites({"stop", gateway, program, signal});
}

void World::kill_tunneld_and_bridge(const std::string& gateway, pid_t bridge) const {
  const ProcessHandle bridge_handle{bridge};
  const ProcessHandle tunneld{tunneld_pid(gateway)};
  tunneld.signal(SIGKILL);
  bridge_handle.signal(SIGKILL);
  stop(gateway, "tunneld", "KILL");
  if (!bridge_handle.gone_within(kPatience)) throw std::runtime_error{"the bridge does not go"};
}

Process World::spawn(const std::string& node, const std::vector<std::string>& command,
                     Streams streams) const {
  std::vector<std::string> whole{
      "nsenter", "--target", std::to_string(holder(node)), "--net", "--mount", "--uts", "--"};
  whole.insert(whole.end(), command.begin(), command.end());
  return Process{std::move(whole), streams};
}

Finished World::exec(const std::string& node, const std::vector<std::string>& command,
                     Limit limit) const {
  return spawn(node, command).finish(limit);
}

std::string World::output(const std::string& node, const std::vector<std::string>& command) const {
  return successful(exec(node, command), node + ": " + joined(command)).out;
}

std::string World::shell(const std::string& node, const std::string& line) const {
  return output(node, {"bash", "-ec", line});
}

Status World::status(const std::string& gateway, const std::string& site_name) const {
  const auto finished = tunnelctl(gateway, {"status", site_name, "--json"});
  if (finished.out.empty()) throw std::runtime_error{"no status of " + gateway + finished.err};
  auto document = json::parse(finished.out).as_object();
  auto site = first_site(document);
  return {finished.status, std::move(document), std::move(site)};
}

StatusWatch World::watch(const std::string& gateway, const std::string& site) const {
  return StatusWatch{spawn(gateway, {"tunnelctl", "status", site, "--watch", "--json"})};
}

json::object World::wait_for(const std::string& gateway, const Condition& condition,
                             Limit limit) const {
  return watch(gateway).wait_for(condition, limit);
}

Finished World::tunnelctl(const std::string& gateway, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "tunnelctl");
  return exec(gateway, arguments);
}

std::string World::site_of(const std::string& gateway) {
  return gateway == "home" ? "labs" : "home";
}

pid_t World::tunneld_pid(const std::string& gateway) const {
  return std::stoi(read_file(folder_ / "nodes" / gateway / "tunneld.pid"));
}

pid_t World::bridge_pid(const std::string& gateway) const {
  return static_cast<pid_t>(number_of(status(gateway).site, "bridge_pid"));
}

std::vector<std::string> World::programs_on(const std::string& node) const {
  std::vector<std::string> programs;
  for (const auto pid : processes_in({network_of(holder(node))})) {
    if (pid == holder(node) || pid == ::getpid()) continue;
    if (auto name = name_of(pid); name != "tunnelctl") programs.push_back(std::move(name));
  }
  std::sort(programs.begin(), programs.end());
  return programs;
}

pid_t World::session_pid() const {
  auto pid = parent_of(bridge_pid("labs"));
  while (name_of(pid) != "sshd") pid = parent_of(pid);  // the account's shell is between
  return pid;
}

fs::path World::file(const std::string& gateway, const std::string& path) const {
  return "/proc/" + std::to_string(holder(gateway)) + "/root" + path;
}

std::string World::read(const std::string& gateway, const std::string& path) const {
  return read_file(file(gateway, path));
}

void World::write(const std::string& gateway, const std::string& path,
                  const std::string& text) const {
  std::ofstream out{file(gateway, path), std::ios::trunc};
  if (!(out << text << std::flush)) fail_errno("write " + path + " of " + gateway);
}

void World::edit(const std::string& gateway, const std::string& path, const std::string& from,
                 const std::string& to) const {
  auto text = read(gateway, path);
  const auto found = text.find(from);
  if (found == std::string::npos) {
    throw std::runtime_error{path + " of " + gateway + " has no \"" + from + "\":\n" + text};
  }
  text.replace(found, from.size(), to);
  write(gateway, path, text);
}

void World::edit_profile(const std::string& gateway, const std::string& from,
                         const std::string& to) const {
  edit(gateway, "/etc/tunneld/sites/" + site_of(gateway) + ".toml", from, to);
}

pid_t World::holder(const std::string& node) const {
  return std::stoi(read_file("/run/sites" + folder_.native() + "/" + node));
}

InNetwork::InNetwork(const World& world, const std::string& node)
    : before_{::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)} {
  const auto path = "/proc/" + std::to_string(world.holder(node)) + "/ns/net";
  const UniqueFd network{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!before_ || !network) fail_errno("open the network of " + node);
  if (::setns(network.get(), CLONE_NEWNET) < 0) fail_errno("enter the network of " + node);
}

InNetwork::~InNetwork() {
  if (::setns(before_.get(), CLONE_NEWNET) < 0) std::abort();  // no test could go on
}

}  // namespace tunnel::test
