#pragma once

#include "tunneld/ctl/context.hpp"
#include "tunneld/ctl/options.hpp"

namespace tunnel::ctl {

// One function a verb: it prints, and says how it went.

ExitCode run(const Context& context, const StatusCommand& command);
ExitCode run(const Context& context, const SiteCommand& command);
ExitCode run(const Context& context, const ReloadCommand& command);
ExitCode run(const Context& context, const RestartDaemonCommand& command);
ExitCode run(const Context& context, const CheckCommand& command);
ExitCode run(const Context& context, const LogCommand& command);
ExitCode run(const Context& context, const RoutesCommand& command);
ExitCode run(const Context& context, const LeasesCommand& command);
ExitCode run(const Context& context, const MetricsCommand& command);
ExitCode run(const Context& context, const TraceCommand& command);
ExitCode run(const Context& context, const KeyGenCommand& command);
ExitCode run(const Context& context, const KeyShowCommand& command);
ExitCode run(const Context& context, const AuthorizedKeysCommand& command);
ExitCode run(const Context& context, const VersionCommand& command);
ExitCode run(const Context& context, const FilterShowCommand& command);
ExitCode run(const Context& context, const FilterTestCommand& command);
ExitCode run(const Context& context, const FilterStatsCommand& command);
ExitCode run(const Context& context, const FilterFlushCommand& command);
ExitCode run(const Context& context, const NatRulesCommand& command);
ExitCode run(const Context& context, const FilterStatesCommand& command);
ExitCode run(const Context& context, const NatSessionsCommand& command);
ExitCode run(const Context& context, const ImportFreebsdCommand& command);

}  // namespace tunnel::ctl
