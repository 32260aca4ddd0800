using Kedge.Core.Errors;

namespace Kedge.Agent.Commands;

/// <summary>What the program's exit says. Documented in <c>docs/operations/agent.md</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Done, or ended as asked.</summary>
    internal const int Done = 0;

    /// <summary>It failed; the message says why.</summary>
    internal const int Failed = 1;

    /// <summary>The command line or <c>agent.json</c> is wrong.</summary>
    internal const int Usage = 2;

    /// <summary>The data folder is not enrolled.</summary>
    internal const int NotEnrolled = 3;

    /// <summary>Another agent holds the data folder.</summary>
    internal const int AlreadyRunning = 4;

    /// <summary><c>doctor</c> found something that keeps the device from working.</summary>
    internal const int Unhealthy = 5;

    /// <summary>A bug of ours ended it; the log says which. The unit starts it again.</summary>
    internal const int Broken = 70;

    /// <summary>The code of an error that ends a command.</summary>
    internal static int Of(Finding finding) => finding.Code switch
    {
        _ when finding.Code == AgentErrors.Usage.Code || finding.Code == AgentErrors.BadConfig.Code => Usage,
        _ when finding.Code == AgentErrors.NotEnrolled.Code => NotEnrolled,
        _ when finding.Code == AgentErrors.AlreadyRunning.Code => AlreadyRunning,
        _ => Failed,
    };
}
