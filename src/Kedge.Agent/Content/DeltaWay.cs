using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Zstd;

namespace Kedge.Agent.Content;

/// <summary>
/// A file as what differs from another file of this disk. Problem: a model that was trained on has nearly the same
/// numbers as the one before, and no chunk of it is the same. Approach: the server describes the file by segments, each
/// made from the base and what is there of the file; they are decoded as they arrive, and every chunk that becomes
/// whole is checked by its digest from the signed manifest. Invariants: what came is on the disk before it counts:
/// header and index in one tail, the bytes of the segment that is under way in another; a segment that is not decoded
/// yet is never asked for again. Whatever is wrong with a delta, the base or the container costs that delta alone: it
/// is reported and given up, and the rest comes by the next way.
/// </summary>
/// <param name="store">Where content is kept.</param>
/// <param name="source">The server.</param>
/// <param name="line">Pace and counters.</param>
/// <param name="time">For how long the server is waited for while it makes a delta.</param>
internal sealed class DeltaWay(ContentStore store, IArtifactSource source, FetchLine line, TimeProvider time)
    : FetchWay
{
    /// <summary>Told of a delta that was given up because it was wrong.</summary>
    internal Action<Finding>? OnWrong { get; init; }

    internal override string Name => "delta";

    internal override async ValueTask<WayOutcome> TryAsync(FileFetch fetch, CancellationToken cancel)
    {
        if (!ZstdLibrary.IsPresent || MissingBytes(fetch) < AgentLimits.DeltaBytesMin)
        {
            return WayOutcome.Out.Now;
        }

        using TailFile front = store.Front(fetch.Model.Package, fetch.File.Digest);
        front.OnAdded = fetch.Partial.Stir;
        using DeltaIntake intake = new(store, fetch, front, line);
        WayOutcome outcome = await BringAsync(intake, fetch.Partial, cancel).ConfigureAwait(false);
        if (intake.Wrong is { } wrong)
        {
            OnWrong?.Invoke(AgentErrors.DeltaWrong.At($"{fetch.File.Path}: {wrong.Code} {wrong.Message}"));
            intake.GiveUp();
            return WayOutcome.Out.Now;
        }

        return outcome;
    }

    private async ValueTask<WayOutcome> BringAsync(
        DeltaIntake intake, PartialFile partial, CancellationToken cancel)
    {
        TimeSpan waited = TimeSpan.Zero;
        while (intake.Next() is { } ask)
        {
            long before = intake.Taken;
            StreamOutcome outcome = await source.StreamAsync(ask, intake, cancel).ConfigureAwait(false);
            switch (outcome)
            {
                case StreamOutcome.Done or StreamOutcome.Stopped when intake.Taken > before:
                    break;
                case StreamOutcome.Later when intake.Taken - before >= AgentLimits.ResumeBytesMin:
                    break;
                case StreamOutcome.Later { After.Ticks: > 0 } busy when waited < AgentLimits.DeltaWaitMax:
                    TimeSpan wait = busy.After < AgentLimits.DeltaPollMax ? busy.After : AgentLimits.DeltaPollMax;
                    waited += wait;
                    await WaitAsync(wait, partial, cancel).ConfigureAwait(false);
                    break;
                case StreamOutcome.Later { After.Ticks: > 0 } or StreamOutcome.NotFound or StreamOutcome.Refused
                    or StreamOutcome.Done or StreamOutcome.Stopped:
                    return WayOutcome.Out.Now;
                case StreamOutcome.Later wrong when wrong.Problem.Code == AgentErrors.SourceWrong.Code:
                    return WayOutcome.Out.Now;
                case StreamOutcome.Later:
                    return new WayOutcome.Failed(FetchFailures.Explain(outcome, $"the delta of {intake.What}"));
                default:
                    throw Check.Unreachable(outcome);
            }
        }

        return WayOutcome.Passed.Now;
    }

    /// <summary>Waits, and lets neighbours that follow see that what they wait for is on its way.</summary>
    private async ValueTask WaitAsync(TimeSpan wait, PartialFile partial, CancellationToken cancel)
    {
        while (wait > TimeSpan.Zero)
        {
            TimeSpan part = wait < AgentLimits.BeatPeriod ? wait : AgentLimits.BeatPeriod;
            await Task.Delay(part, time, cancel).ConfigureAwait(false);
            partial.Stir();
            wait -= part;
        }
    }

    /// <summary>Bytes that stand nowhere on this disk.</summary>
    private static long MissingBytes(FileFetch fetch)
    {
        long bytes = 0;
        for (int index = fetch.Next; index < fetch.File.Chunks.Length; index++)
        {
            bytes += fetch.Local.Find(fetch.File.Chunks[index]) is null ? fetch.File.Chunks[index].Bytes : 0;
        }

        return bytes;
    }
}
