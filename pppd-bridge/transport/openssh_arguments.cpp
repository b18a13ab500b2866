#include "pppd-bridge/transport/openssh_arguments.hpp"

#include "pppd-bridge/transport/clients.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace tunnel::transport {

namespace {

constexpr const char* kAlias = "tunneld-peer";

/// Fixed, for these reasons.
constexpr std::array kOptions{
    "BatchMode=yes",    // nobody is there to be asked
    "LogLevel=DEBUG1",  // how far it came is read from its log
    // The server is one of the pinned ones, or nothing is said to it.
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "KnownHostsCommand=none",
    "CheckHostIP=no",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    // Keys are the only proof.
    "PreferredAuthentications=publickey",
    "PubkeyAuthentication=yes",
    "AddKeysToAgent=no",
    // One clean stream of bytes, on a connection of its own.
    "RequestTTY=no",
    "EscapeChar=none",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ControlMaster=no",
    "ControlPath=none",
    "SendEnv=-*",
    // Nothing but that stream.
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    // PPP compresses what is worth it, and its LCP Echo notices a dead link sooner.
    "Compression=no",
    "ServerAliveInterval=0",
    "TCPKeepAlive=yes",
    "ConnectionAttempts=1",
};

/// AES-GCM is the fastest where the processor knows AES; the rest of ssh's list stays as it is.
constexpr std::array kDefaults{
    "Ciphers=^aes128-gcm@openssh.com,aes256-gcm@openssh.com",
    "IPQoS=none",  // what is inside carries its own marks
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

std::vector<std::string> openssh_arguments(const DialSettings& settings, const OpensshFiles& files,
                                           std::span<const HostKey> pinned) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.connect_timeout).count();
  const bool configured = !settings.ssh_config.empty();
  std::vector<std::string> out{kSshProgram, "-T", "-F", configured ? settings.ssh_config : "none"};
  const auto option = [&out](std::string text) {
    out.emplace_back("-o");
    out.push_back(std::move(text));
  };
  for (const auto* text : kOptions) option(text);
  if (!configured) {
    for (const auto* text : kDefaults) option(text);
  }
  option("ConnectTimeout=" + std::to_string(std::max<std::int64_t>(seconds, 1)));
  option(std::string{"HostKeyAlias="} + kAlias);
  option("HostKeyAlgorithms=" + joined(host_key_algorithms(pinned)));
  option("UserKnownHostsFile=" + files.known_hosts);
  if (!files.agent.empty()) {
    // It has one key, and the files that ssh would look for by itself are not ours.
    option("IdentityAgent=" + files.agent);
    option("IdentitiesOnly=no");
    option("IdentityFile=none");
  } else if (!files.identity.empty()) {
    option("IdentitiesOnly=yes");
    option("IdentityAgent=none");
    out.insert(out.end(), {"-i", files.identity});
  }
  out.insert(out.end(), {"-p", std::to_string(settings.port), "-l", settings.user, "--",
                         settings.host, wanted_command(settings)});
  return out;
}

std::string known_hosts_text(std::span<const HostKey> pinned) {
  std::string out;
  for (const auto& key : pinned) out += std::string{kAlias} + ' ' + key.line() + '\n';
  return out;
}

}  // namespace tunnel::transport
