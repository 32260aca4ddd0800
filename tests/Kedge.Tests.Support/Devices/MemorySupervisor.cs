using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;

namespace Kedge.Tests.Support.Devices;

/// <summary>
/// A device's processes in memory. It outlives the agent, as processes do: give the same one to the next
/// <c>AgentLoop</c>. Outcomes are scripted by release; everything completes on the caller's thread, ends of processes
/// by
/// <see cref="Crash"/>, <see cref="FinishDrains"/> and <see cref="PowerOff"/>.
/// </summary>
public sealed class MemorySupervisor : IProcessSupervisor
{
    private readonly Dictionary<InstanceId, Life> _lives = [];
    private readonly Dictionary<DeploymentId, EndpointSpec> _listeners = [];
    private int _pid = 100;

    /// <summary>What a start does; null starts it.</summary>
    public Func<PreparedRelease, StartOutcome.Failed?>? OnStart { get; set; }

    /// <summary>What a preflight does; null passes it.</summary>
    public Func<PreparedRelease, StepOutcome.Failed?>? OnPreflight { get; set; }

    /// <summary>What a look at a comparison finds; null finds that all of enough answers agreed.</summary>
    public Func<InstanceId, ShadowSpec, ShadowOutcome?>? OnShadow { get; set; }

    /// <summary>Comparisons that are under way: who answers, and who sees copies.</summary>
    public Dictionary<InstanceId, InstanceId> Shadows { get; } = [];

    /// <summary>What a handover does; null does it.</summary>
    public Func<InstanceId, StepOutcome.Failed?>? OnHandOver { get; set; }

    /// <summary>What the test of the sandbox finds.</summary>
    public SandboxFacts Sandbox { get; set; } = new("runc 1.1.5", null, [], "serve 1 test");

    /// <summary>What an instance has counted so far; null for a model server that does not count.</summary>
    public Func<InstanceId, InstanceFigures?>? OnFigures { get; set; }

    /// <summary>Memory that an instance holds; null for nobody knows.</summary>
    public Func<InstanceId, long>? OnMemory { get; set; }

    /// <summary>What a probe finds; null for an answer unless it is among <see cref="Hung"/>.</summary>
    public Func<InstanceId, StepOutcome.Failed?>? OnProbe { get; set; }

    /// <summary>Instances that were probed, in order.</summary>
    public List<InstanceId> Probed { get; } = [];

    /// <summary>Instances that live and answer nothing.</summary>
    public HashSet<InstanceId> Hung { get; } = [];

    /// <summary>Lines that a workload wrote; one that is not in it has no log.</summary>
    public Dictionary<DeploymentId, List<string>> Logs { get; } = [];

    /// <summary>True ends a drain at once; else it waits for <see cref="FinishDrains"/>.</summary>
    public bool DrainsAtOnce { get; set; } = true;

    /// <summary>Instances whose process lives.</summary>
    public IReadOnlyList<InstanceId> Alive =>
        [.. _lives.Where(static l => !l.Value.HasEnded).Select(static l => l.Key)];

    /// <summary>Instances that hold a listener and accept.</summary>
    public IReadOnlyList<InstanceId> Accepting =>
        [.. _lives.Where(static l => !l.Value.HasEnded && l.Value.Accepts).Select(static l => l.Key)];

    /// <summary>Instances that wait frozen.</summary>
    public IReadOnlyList<InstanceId> Frozen =>
        [.. _lives.Where(static l => !l.Value.HasEnded && l.Value.IsFrozen).Select(static l => l.Key)];

    /// <summary>Every instance that was ever started, in order.</summary>
    public List<InstanceId> Started { get; } = [];

    /// <summary>Open listeners.</summary>
    public IReadOnlyDictionary<DeploymentId, EndpointSpec> Listeners => _listeners;

    /// <summary>The release that an instance runs.</summary>
    public PreparedRelease ReleaseOf(InstanceId instance) => _lives[instance].Release;

    public ValueTask<SandboxFacts> TestAsync(CancellationToken cancel) => ValueTask.FromResult(Sandbox);

    public ValueTask<ImmutableArray<InstanceId>> AdoptAsync(
        ImmutableArray<InstanceState> recorded, CancellationToken cancel)
    {
        HashSet<InstanceId> adopted = [.. recorded
            .Where(r => _lives.TryGetValue(r.Id, out Life? life) && !life.HasEnded && life.Nonce == r.Nonce
                && life.Pid == r.Pid)
            .Select(static r => r.Id)];
        foreach (InstanceId stray in Alive.Where(id => !adopted.Contains(id)))
        {
            End(stray, "removed as a stray");
        }

        foreach (InstanceId id in adopted)
        {
            _lives[id].Renew();
        }

        return ValueTask.FromResult(adopted.ToImmutableArray());
    }

    public ValueTask<StartOutcome> StartAsync(InstanceId instance, PreparedRelease release, CancellationToken cancel)
    {
        Check.That(!_lives.ContainsKey(instance));
        Started.Add(instance);
        if (OnStart?.Invoke(release) is { } failed)
        {
            return ValueTask.FromResult<StartOutcome>(failed);
        }

        Life life = new(release, ++_pid, $"nonce-{_pid}");
        _lives.Add(instance, life);
        return ValueTask.FromResult<StartOutcome>(new StartOutcome.Running(life.Pid, life.Pid, life.Nonce));
    }

    public ValueTask<StepOutcome> PreflightAsync(
        InstanceId instance, PreparedRelease release, CancellationToken cancel) =>
        ValueTask.FromResult<StepOutcome>(
            !IsAlive(instance) ? Gone : OnPreflight?.Invoke(release) is { } failed ? failed : new StepOutcome.Done());

    public ValueTask<ShadowOutcome> ShadowAsync(
        InstanceId instance, InstanceId beside, ShadowSpec spec, CancellationToken cancel)
    {
        if (!IsAlive(instance) || !IsAlive(beside))
        {
            return ValueTask.FromResult<ShadowOutcome>(new ShadowOutcome.Gone());
        }

        Check.That(!_lives[instance].Accepts);
        if (!_lives[beside].Accepts)
        {
            return ValueTask.FromResult<ShadowOutcome>(new ShadowOutcome.Failed(Gone.Problem));
        }

        Shadows[beside] = instance;
        return ValueTask.FromResult(OnShadow?.Invoke(instance, spec) ?? new ShadowOutcome.Counted(
            new ShadowCounts(spec.MinRequests, spec.MinRequests, 0, TimeSpan.FromSeconds(1), "")));
    }

    public ValueTask EndShadowAsync(InstanceId instance, InstanceId beside, CancellationToken cancel)
    {
        if (Shadows.GetValueOrDefault(beside) == instance)
        {
            _ = Shadows.Remove(beside);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<StepOutcome> HandOverAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        if (!IsAlive(instance) || OnHandOver?.Invoke(instance) is { })
        {
            return ValueTask.FromResult<StepOutcome>(
                IsAlive(instance) ? OnHandOver!(instance)! : Gone); // Asked just above.
        }

        _listeners[instance.Workload] = endpoint;
        _lives[instance].IsFrozen = false;
        _lives[instance].Accepts = true;
        return ValueTask.FromResult<StepOutcome>(new StepOutcome.Done());
    }

    public ValueTask DrainAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel)
    {
        if (IsAlive(instance))
        {
            bool isFrozen = _lives[instance].IsFrozen;
            _lives[instance].Accepts = false;
            _lives[instance].IsDraining = true;
            if (DrainsAtOnce || isFrozen)
            {
                End(instance, "drained");
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> ParkAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel)
    {
        if (IsAlive(instance))
        {
            _lives[instance].Accepts = false;
            _lives[instance].IsFrozen = true;
        }

        return ValueTask.FromResult(IsAlive(instance));
    }

    public long MemoryOf(InstanceId instance) => IsAlive(instance) ? OnMemory?.Invoke(instance) ?? 0 : 0;

    public ValueTask ResumeAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        if (IsAlive(instance))
        {
            _listeners[instance.Workload] = endpoint;
            _lives[instance].IsFrozen = false;
            _lives[instance].IsDraining = false;
            _lives[instance].Accepts = true;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask StopAsync(InstanceId instance, CancellationToken cancel)
    {
        End(instance, "stopped");
        return ValueTask.CompletedTask;
    }

    public ValueTask<Problem> WaitForExitAsync(InstanceId instance, CancellationToken cancel) =>
        _lives.TryGetValue(instance, out Life? life)
            ? new ValueTask<Problem>(life.Ended.Task)
            : ValueTask.FromResult(new Problem("KEDGE-TEST-004", "it is not there"));

    public ValueTask CloseListenersAsync(DeploymentId workload, CancellationToken cancel)
    {
        _ = _listeners.Remove(workload);
        return ValueTask.CompletedTask;
    }

    public ValueTask<LogOutcome> ReadLogAsync(DeploymentId workload, int lines, CancellationToken cancel) =>
        ValueTask.FromResult<LogOutcome>(Logs.TryGetValue(workload, out List<string>? log)
            ? new LogOutcome.Read(string.Concat(log.TakeLast(lines).Select(static l => l + "\n")))
            : new LogOutcome.Missing());

    public ValueTask<FiguresOutcome> ReadFiguresAsync(InstanceId instance, CancellationToken cancel) =>
        ValueTask.FromResult<FiguresOutcome>(
            IsAlive(instance) && !_lives[instance].IsFrozen && !Hung.Contains(instance)
            && OnFigures?.Invoke(instance) is { } figures
            ? new FiguresOutcome.Read(figures)
            : new FiguresOutcome.Failed(Gone.Problem));

    public ValueTask<StepOutcome> ProbeAsync(InstanceId instance, WorkloadSpec spec, CancellationToken cancel)
    {
        Probed.Add(instance);
        return ValueTask.FromResult<StepOutcome>(
            !IsAlive(instance) ? Gone
            : OnProbe?.Invoke(instance) is { } failed ? failed
            : Hung.Contains(instance) ? new StepOutcome.Failed(
                Blame.Release, new Problem("KEDGE-TEST-006", $"no answer in {spec.Probe.Timeout.TotalSeconds} s"))
            : new StepOutcome.Done());
    }

    /// <summary>A process dies by itself.</summary>
    public void Crash(InstanceId instance) => End(instance, "crashed");

    /// <summary>Every draining instance ends.</summary>
    public void FinishDrains()
    {
        foreach (InstanceId instance in Alive.Where(id => _lives[id].IsDraining))
        {
            End(instance, "drained");
        }
    }

    /// <summary>The device loses power: every process is gone, and nobody is told.</summary>
    public void PowerOff()
    {
        _lives.Clear();
        _listeners.Clear();
    }

    private static StepOutcome.Failed Gone => new(Blame.Device, new Problem("KEDGE-TEST-004", "it is not there"));

    private bool IsAlive(InstanceId instance) => _lives.TryGetValue(instance, out Life? life) && !life.HasEnded;

    private void End(InstanceId instance, string why)
    {
        if (IsAlive(instance))
        {
            _lives[instance].End(new Problem("KEDGE-TEST-005", why));
        }
    }

    private sealed class Life(PreparedRelease release, int pid, string nonce)
    {
        public PreparedRelease Release { get; } = release;

        public int Pid { get; } = pid;

        public string Nonce { get; } = nonce;

        public bool Accepts { get; set; }

        public bool IsDraining { get; set; }

        public bool IsFrozen { get; set; }

        public bool HasEnded { get; private set; }

        public TaskCompletionSource<Problem> Ended { get; private set; } = new();

        /// <summary>Whoever waited died with the last agent.</summary>
        public void Renew() => Ended = new TaskCompletionSource<Problem>();

        public void End(Problem problem)
        {
            HasEnded = true;
            Accepts = false;
            Ended.SetResult(problem);
        }
    }
}
