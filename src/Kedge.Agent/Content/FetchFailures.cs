using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;

namespace Kedge.Agent.Content;

/// <summary>What the device machine is told of outcomes that are no success.</summary>
internal static class FetchFailures
{
    /// <summary>An outcome of the source.</summary>
    internal static FetchResult.Failed Explain(FetchOutcome outcome, string what) => outcome switch
    {
        FetchOutcome.NotFound missing => Failed(
            Blame.Device, AgentErrors.ContentMissing, $"{what}: {missing.Problem.Message}"),
        FetchOutcome.Refused refused => new FetchResult.Failed(Blame.Device, refused.Problem),
        FetchOutcome.DigestMismatch other => Failed(
            Blame.Device, AgentErrors.ContentChanged, $"{what} came as {other.Found.Short}"),
        FetchOutcome.RetryLater later => new FetchResult.Failed(Blame.Device, later.Problem),
        FetchOutcome.Done => throw Check.Unreachable(outcome),
        _ => throw Check.Unreachable(outcome),
    };

    /// <summary>A failure of the disk.</summary>
    internal static FetchResult.Failed Of(DiskException e) => e.Fault == DiskFault.Full
        ? Failed(Blame.Device, AgentErrors.DiskFull, e.Message)
        : Failed(Blame.Device, AgentErrors.DiskFailed, e.Message);

    /// <summary>A failure of our own finding.</summary>
    internal static FetchResult.Failed Failed(Blame blame, ErrorCode code, string message) =>
        new(blame, new Problem(code.Code, message));
}
