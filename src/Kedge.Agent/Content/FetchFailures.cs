using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;

namespace Kedge.Agent.Content;

/// <summary>What the device machine is told of outcomes that are no success.</summary>
internal static class FetchFailures
{
    /// <summary>An outcome of the source that is no success.</summary>
    internal static FetchResult.Failed Explain(StreamOutcome outcome, string what) => outcome switch
    {
        StreamOutcome.NotFound missing => Failed(
            Blame.Device, AgentErrors.ContentMissing, $"{what}: {missing.Problem.Message}"),
        StreamOutcome.Refused refused => new FetchResult.Failed(Blame.Device, refused.Problem),
        StreamOutcome.Later later => new FetchResult.Failed(Blame.Device, later.Problem),
        StreamOutcome.Done or StreamOutcome.Stopped => Failed(
            Blame.Device, AgentErrors.SourceWrong, $"{what} ended before its end"),
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
