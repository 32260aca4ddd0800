using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Brings two model servers together that have no network: a connection to the one that sees copies is opened here and
/// handed to the one that answers, over its control socket. Blocks its caller.
/// </summary>
internal static class ShadowLink
{
    /// <summary>Begins, connects again, or only looks.</summary>
    internal static ShadowOutcome Look(LiveInstance? candidate, LiveInstance? beside, ShadowSpec spec)
    {
        if (candidate is not { IsOver: false } || beside is not { IsOver: false })
        {
            return new ShadowOutcome.Gone();
        }

        try
        {
            ControlReply reply = Ask(candidate, beside, spec, null);
            if (reply is { Ok: true, Shadow: { Connected: false } })
            {
                using FileDescriptor connection = ListeningSocket.ConnectUnix(candidate.Paths.Http);
                reply = Ask(candidate, beside, spec, connection);
            }

            return reply.Ok ? Counted(reply.Shadow)
                : reply.Error.StartsWith(ServeErrors.ControlLineInvalid.Code, StringComparison.Ordinal)
                ? new ShadowOutcome.TooOld()
                : Failed(reply.Error);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return Failed(e.Message);
        }
    }

    /// <summary>Ends it; false when nobody was there to be told, which comes to the same.</summary>
    internal static bool End(InstanceId instance, LiveInstance? beside)
    {
        try
        {
            ControlRequest request = new() { Op = ControlOps.Unshadow, Shadow = instance.ToString() };
            return beside is not null && ControlClient.Ask(beside.Paths.Control, request, null, out _).Ok;
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            return false;
        }
    }

    private static ControlReply Ask(
        LiveInstance candidate, LiveInstance beside, ShadowSpec spec, FileDescriptor? connection) =>
        ControlClient.Ask(
            beside.Paths.Control,
            new ControlRequest
            {
                Op = ControlOps.Shadow,
                Shadow = candidate.Paths.Instance.ToString(),
                SharePpm = spec.SharePpm,
                TolerancePpm = spec.TolerancePpm,
            },
            connection,
            out _);

    /// <summary>What a process says of itself is not trusted: only what fits together is handed on.</summary>
    private static ShadowOutcome Counted(ControlShadow? said) =>
        said is { ElapsedMs: >= 0 and <= int.MaxValue, Agreed: >= 0, Dropped: >= 0 } && said.Agreed <= said.Compared
            ? new ShadowOutcome.Counted(new ShadowCounts(
                said.Compared, said.Agreed, said.Dropped, TimeSpan.FromMilliseconds(said.ElapsedMs), said.First))
            : Failed("what it says of the comparison does not fit together");

    private static ShadowOutcome.Failed Failed(string message) =>
        new(new Problem(SandboxErrors.NoControl.Code, message));
}
