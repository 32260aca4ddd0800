using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Tests.Support.Devices;

namespace Kedge.Simulation.World;

/// <summary>
/// The borders of one life of one agent over the simulated world. What was under way when the agent died never
/// completes: its continuations died with it.
/// </summary>
internal sealed class SimDrivers(SimDevice device, int life) : IDeviceLink, IArtifactSource, IProcessSupervisor
{
    private const int PieceBytes = 16 * 1024;
    private static readonly Problem Away = new("KEDGE-SIM-001", "no network");
    private readonly Dictionary<InstanceId, long> _parking = [];
    private long _wishes;

    private SimNetwork Network => device.Network;

    private MemorySupervisor Processes => device.Processes;

    public ValueTask<LinkOutcome> ConnectAsync(
        ImmutableArray<string> topics, Action<LinkDelivery> receiver, CancellationToken cancel)
    {
        TaskCompletionSource<LinkOutcome> done = new();
        Network.Connect(device, topics, receiver, outcome => IfAlive(() => done.TrySetResult(outcome)));
        return new ValueTask<LinkOutcome>(done.Task);
    }

    /// <summary>The whole comes in pieces, or some bytes of it do and the line breaks.</summary>
    public async ValueTask<StreamOutcome> StreamAsync(ContentAsk ask, IContentSink sink, CancellationToken cancel)
    {
        FetchOutcome outcome = await Fetch(() => Find(ask.Name)).ConfigureAwait(false);
        if (outcome is not FetchOutcome.Done done)
        {
            return outcome switch
            {
                FetchOutcome.NotFound missing => new StreamOutcome.NotFound(missing.Problem),
                FetchOutcome.RetryLater later => new StreamOutcome.Later(later.After, later.Problem),
                _ => throw Check.Unreachable(outcome),
            };
        }

        int length = done.Bytes.Length;
        string tag = $"\"{Digest.Of(done.Bytes.Span)}\"";
        bool isPart = ask.From < length && (ask.Tag.Length == 0 || ask.Tag == tag);
        int from = isPart ? (int)ask.From : 0;
        int last = isPart && ask.To > 0 ? (int)Math.Min(ask.To, length) : length;
        bool isBroken = Network.Happens(device.Faults.BrokenStreams);
        int end = isBroken ? from + device.Rng.Below(last - from + 1) : last;
        bool goesOn = await sink.BeginAsync(new ContentHead(tag, false, from, length), cancel).ConfigureAwait(false);
        while (goesOn && from < end)
        {
            int piece = Math.Min(PieceBytes, end - from);
            goesOn = await sink.TakeAsync(done.Bytes.Slice(from, piece), cancel).ConfigureAwait(false);
            from += piece;
        }

        if (ask.Name is ContentName.Delta && from == length)
        {
            SimContent.TakeDifference();
        }

        return !goesOn ? new StreamOutcome.Stopped()
            : isBroken ? new StreamOutcome.Later(default, Away)
            : new StreamOutcome.Done();
    }

    private FetchOutcome Find(ContentName name)
    {
        switch (name)
        {
            case ContentName.Envelope envelope:
                return new FetchOutcome.Done(SimContent.Of(envelope.Package).Envelope);
            case ContentName.OneChunk chunk:
                byte[] bytes = SimContent.ChunkOf(chunk.Chunk.Digest);
                return new FetchOutcome.Done(
                    Network.Happens(device.Faults.TamperedChunks) ? [.. bytes.Select(static b => (byte)~b)] : bytes);
            case ContentName.Delta delta:
                return Network.Happens(device.Faults.BrokenStreams)
                    ? new FetchOutcome.RetryLater(
                        TimeSpan.FromSeconds(1 + device.Rng.Below(60)), new Problem("KEDGE-SIM-004", "being made"))
                    : Difference(delta);
            default:
                throw Check.Unreachable(name);
        }
    }

    /// <summary>Where the line lies about chunks, it changes a byte of a difference.</summary>
    private FetchOutcome Difference(ContentName.Delta delta)
    {
        if (SimContent.DifferenceOf(delta.Target, delta.Base) is not { } container)
        {
            return new FetchOutcome.NotFound(new Problem("KEDGE-SIM-003", "no difference"));
        }

        if (Network.Happens(device.Faults.TamperedChunks))
        {
            container = [.. container];
            container[device.Rng.Below(container.Length)] ^= (byte)(1 + device.Rng.Below(255));
        }

        return new FetchOutcome.Done(container);
    }

    public ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel) =>
        Fetch(() => new FetchOutcome.Done(SimContent.Trust));

    public ValueTask<FetchOutcome> GetNeighboursAsync(CancellationToken cancel) =>
        Fetch(() => new FetchOutcome.RetryLater(default, Away));

    public ValueTask<FetchOutcome> RenewAsync(ReadOnlyMemory<byte> request, CancellationToken cancel) =>
        Fetch(() => new FetchOutcome.RetryLater(default, Away));

    public ValueTask<SandboxFacts> TestAsync(CancellationToken cancel) =>
        After(5, () => Processes.TestAsync(cancel));

    public ValueTask<ImmutableArray<InstanceId>> AdoptAsync(
        ImmutableArray<InstanceState> recorded, CancellationToken cancel) =>
        After(20, () => Processes.AdoptAsync(recorded, cancel));

    public ValueTask<StartOutcome> StartAsync(
        InstanceId instance, PreparedRelease release, CancellationToken cancel) =>
        After(300, () => Network.Happens(device.Faults.StartFailures)
            ? new ValueTask<StartOutcome>(
                new StartOutcome.Failed(Blame.Device, new Problem("KEDGE-SIM-002", "no memory")))
            : Processes.StartAsync(instance, release, cancel));

    public ValueTask<StepOutcome> PreflightAsync(
        InstanceId instance, PreparedRelease release, CancellationToken cancel) =>
        After(100, () => Processes.PreflightAsync(instance, release, cancel));

    public ValueTask<ShadowOutcome> ShadowAsync(
        InstanceId instance, InstanceId beside, ShadowSpec spec, CancellationToken cancel) =>
        After(5, () => Processes.ShadowAsync(instance, beside, spec, cancel));

    public async ValueTask EndShadowAsync(InstanceId instance, InstanceId beside, CancellationToken cancel) =>
        await After(5, async () =>
        {
            await Processes.EndShadowAsync(instance, beside, cancel).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);

    public ValueTask<StepOutcome> HandOverAsync(
        InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        _ = _parking.Remove(instance);
        return After(5, () =>
        {
            ValueTask<StepOutcome> outcome = Processes.HandOverAsync(instance, endpoint, cancel);
            device.HandedOver(instance);
            return outcome;
        });
    }

    public async ValueTask DrainAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel) =>
        await After(2000, async () =>
        {
            await Processes.DrainAsync(instance, deadline, cancel).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);

    public ValueTask<bool> ParkAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel)
    {
        // A wish that comes later wins, as with real processes.
        _parking[instance] = ++_wishes;
        long wish = _wishes;
        return After(2000, () => _parking.GetValueOrDefault(instance) == wish
            ? Processes.ParkAsync(instance, deadline, cancel)
            : ValueTask.FromResult(false));
    }

    public long MemoryOf(InstanceId instance) => Processes.MemoryOf(instance);

    public async ValueTask ResumeAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        _ = _parking.Remove(instance);
        await Processes.ResumeAsync(instance, endpoint, cancel).ConfigureAwait(false);
    }

    public async ValueTask StopAsync(InstanceId instance, CancellationToken cancel) =>
        await After(50, async () =>
        {
            await Processes.StopAsync(instance, cancel).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);

    public ValueTask<Problem> WaitForExitAsync(InstanceId instance, CancellationToken cancel) =>
        Processes.WaitForExitAsync(instance, cancel);

    public ValueTask CloseListenersAsync(DeploymentId workload, CancellationToken cancel) =>
        Processes.CloseListenersAsync(workload, cancel);

    public ValueTask<LogOutcome> ReadLogAsync(DeploymentId workload, int lines, CancellationToken cancel) =>
        After(5, () => Processes.ReadLogAsync(workload, lines, cancel));

    public ValueTask<FiguresOutcome> ReadFiguresAsync(InstanceId instance, CancellationToken cancel) =>
        After(5, () => Processes.ReadFiguresAsync(instance, cancel));

    /// <summary>One that hangs takes all the time that it is given.</summary>
    public ValueTask<StepOutcome> ProbeAsync(InstanceId instance, WorkloadSpec spec, CancellationToken cancel) =>
        After(
            Processes.Hung.Contains(instance) ? (int)spec.Probe.Timeout.TotalMilliseconds : 5,
            () => Processes.ProbeAsync(instance, spec, cancel));

    private ValueTask<FetchOutcome> Fetch(Func<FetchOutcome> answer)
    {
        TaskCompletionSource<FetchOutcome> done = new();
        Network.Scheduler.After(Network.Latency(), () =>
        {
            FetchOutcome outcome = Network.Reach(device) is null
                ? new FetchOutcome.RetryLater(default, Away)
                : answer();
            Network.Scheduler.After(
                Network.Latency() + Network.Lateness(), () => IfAlive(() => done.SetResult(outcome)));
        });
        return new ValueTask<FetchOutcome>(done.Task);
    }

    private ValueTask<T> After<T>(int msMax, Func<ValueTask<T>> act)
    {
        TaskCompletionSource<T> done = new();
        Network.Scheduler.After(TimeSpan.FromMilliseconds(1 + device.Rng.Below(msMax)), () => IfAlive(() =>
        {
            ValueTask<T> result = act();
            Check.That(result.IsCompletedSuccessfully);
            done.SetResult(result.Result);
        }));
        return new ValueTask<T>(done.Task);
    }

    private void IfAlive(Action action)
    {
        if (device.Life == life)
        {
            action();
        }
    }
}
