using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Kedge.Agent.Native;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Inference.Control;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The real driver of <see cref="IProcessSupervisor"/>: model servers in sandboxes of an OCI runtime, or bare where
/// both
/// the manifest and the device allow it. Everything that a later agent needs to adopt an instance is in the instance's
/// folder and in the process itself. Calls block threads of the pool, never the caller.
/// </summary>
internal sealed class ServeSupervisor : IProcessSupervisor, IDisposable
{
    private readonly SupervisorOptions _options;
    private readonly TimeProvider _time;
    private readonly ListenerTable _listeners;
    private readonly BareLauncher _bare;
    private readonly InstanceLogs _logs;
    private readonly KeptStates _states;
    private readonly ConcurrentDictionary<InstanceId, LiveInstance> _live = new();
    private readonly ConcurrentDictionary<InstanceId, StartTicket> _starting = new();
    private readonly Lock _watchLock = new();
    private readonly List<ExitWatcher> _watchers = [];
    private OciLauncher? _oci;
    private Task _forgetting = Task.CompletedTask;

    public ServeSupervisor(SupervisorOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _listeners = new ListenerTable(options);
        _bare = new BareLauncher(options);
        _logs = new InstanceLogs(options.RunFolder);
        _states = new KeptStates(options.RunFolder);
    }

    public ValueTask<SandboxFacts> TestAsync(CancellationToken cancel) => Blocking(
        () =>
        {
            Directory.CreateDirectory(InstancePaths.AllIn(_options.RunFolder));
            _ = AgentLibc.ChangeMode(_options.RunFolder, 0x1C0); // 0700
            (SandboxFacts facts, _oci) = SandboxTest.Run(_options);
            return facts;
        },
        cancel);

    public ValueTask<ImmutableArray<InstanceId>> AdoptAsync(
        ImmutableArray<InstanceState> recorded, CancellationToken cancel) => Blocking(
        () =>
        {
            ImmutableArray<InstanceId>.Builder alive = ImmutableArray.CreateBuilder<InstanceId>();
            List<InstancePaths> ended = [];
            string all = InstancePaths.AllIn(_options.RunFolder);
            foreach (string folder in Directory.Exists(all) ? Directory.GetDirectories(all) : [])
            {
                if (!InstanceId.TryParse(Path.GetFileName(folder), out InstanceId id))
                {
                    continue;
                }

                InstanceState? record = recorded.FirstOrDefault(r => r.Id == id);
                if (record is not null && TryAdopt(record))
                {
                    alive.Add(id);
                }
                else if (record is { Pid: not 0 } && ProcessStart.TicksOf(record.Pid) != record.StartTicks)
                {
                    ended.Add(new InstancePaths(_options.RunFolder, id));
                }
                else
                {
                    StrayRemover.Remove(new InstancePaths(_options.RunFolder, id), _oci, _logs);
                }
            }

            // Nothing of these runs any more: their successors do not wait until the runtime has forgotten them.
            ended.ForEach(_logs.Keep);
            ended.ForEach(_states.Keep);
            _forgetting = Task.Run(
                () => ended.ForEach(paths => StrayRemover.Forget(paths, _oci)), CancellationToken.None);
            return alive.ToImmutable();
        },
        cancel);

    /// <summary>Removes what instances share once none is left: the last thing before an uninstall.</summary>
    public void Leave() => _oci?.Leave();

    public async ValueTask<StartOutcome> StartAsync(
        InstanceId instance, PreparedRelease release, CancellationToken cancel)
    {
        ILauncher? launcher = LauncherFor(release);
        if (launcher is null)
        {
            return Failed(Blame.Device, SandboxErrors.BareNotAllowed.Code, "no OCI runtime passed its self-test");
        }

        if (new RuntimeFiles(_options, release).Missing is { } missing)
        {
            return new StartOutcome.Failed(Blame.Device, missing);
        }

        using StartTicket ticket = new(cancel);
        Check.That(_starting.TryAdd(instance, ticket));
        try
        {
            return await StartAsync(instance, launcher, release, ticket).ConfigureAwait(false);
        }
        finally
        {
            _ = _starting.TryRemove(instance, out _);
            ticket.HasEnded();
        }
    }

    private async ValueTask<StartOutcome> StartAsync(
        InstanceId instance, ILauncher launcher, PreparedRelease release, StartTicket ticket)
    {
        InstancePaths paths = new(_options.RunFolder, instance);
        string nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        (LiveInstance? live, StartOutcome? failure) = await Blocking(
            () => Launch(paths, launcher, release, nonce), CancellationToken.None).ConfigureAwait(false);
        if (live is null)
        {
            return failure ?? throw Check.Unreachable(instance);
        }

        StartOutcome outcome;
        try
        {
            outcome = await InstanceStart.WaitReadyAsync(live, nonce, _time, ticket.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ticket.IsTakenBack)
        {
            outcome = Failed(Blame.Device, SandboxErrors.NotReady.Code, "it was stopped while it started");
        }

        if (outcome is StartOutcome.Failed)
        {
            await live.EndAsync(CancellationToken.None).ConfigureAwait(false);
        }

        return outcome;
    }

    public async ValueTask<StepOutcome> PreflightAsync(
        InstanceId instance, PreparedRelease release, CancellationToken cancel) =>
        _live.TryGetValue(instance, out LiveInstance? live)
            ? await Preflight.RunAsync(_options.DataFolder, live.Paths, release, _time, cancel).ConfigureAwait(false)
            : Gone(instance);

    public ValueTask<ShadowOutcome> ShadowAsync(
        InstanceId instance, InstanceId beside, ShadowSpec spec, CancellationToken cancel) => Blocking(
        () => ShadowLink.Look(_live.GetValueOrDefault(instance), _live.GetValueOrDefault(beside), spec), cancel);

    public async ValueTask EndShadowAsync(InstanceId instance, InstanceId beside, CancellationToken cancel) =>
        _ = await Blocking(() => ShadowLink.End(instance, _live.GetValueOrDefault(beside)), cancel)
            .ConfigureAwait(false);

    public ValueTask<StepOutcome> HandOverAsync(
        InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        if (!_live.TryGetValue(instance, out LiveInstance? live))
        {
            return new ValueTask<StepOutcome>(Gone(instance));
        }

        live.IsToPark = false;
        return Blocking(() => HandOver(live, endpoint), cancel);
    }

    private StepOutcome HandOver(LiveInstance live, EndpointSpec endpoint)
    {
        FileDescriptor listener;
        try
        {
            listener = _listeners.Get(live.Paths.Instance.Workload, endpoint);
        }
        catch (NativeException e)
        {
            string what = e.IsAddressInUse ? $"port {endpoint.Port} is taken by another program" : e.Message;
            return new StepOutcome.Failed(Blame.Device, new Problem(SandboxErrors.PortTaken.Code, what));
        }

        try
        {
            ControlReply reply = Parking.TakeBack(live, () => listener);
            return reply.Ok ? new StepOutcome.Done() : NoControl(reply.Error);
        }
        catch (IOException e)
        {
            return NoControl(e.Message);
        }
    }

    public async ValueTask DrainAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel)
    {
        if (!_live.TryGetValue(instance, out LiveInstance? live))
        {
            return;
        }

        live.Asked = "drained";
        bool heard = await Blocking(
            () => TryAsk(live, ControlOps.Drain, (long)deadline.TotalMilliseconds), cancel).ConfigureAwait(false);
        TimeSpan patience = heard ? deadline + AgentLimits.DrainGrace : TimeSpan.Zero;
        _ = live.KillLaterAsync(patience, _time, cancel);
    }

    public async ValueTask<bool> ParkAsync(InstanceId instance, TimeSpan deadline, CancellationToken cancel)
    {
        if (!_live.TryGetValue(instance, out LiveInstance? live))
        {
            return false;
        }

        live.IsToPark = true;
        bool? parked = await Parking.ParkAsync(live, deadline, _time, cancel).ConfigureAwait(false);
        if (parked is null)
        {
            await DrainAsync(instance, deadline, cancel).ConfigureAwait(false);
        }

        return parked == true;
    }

    /// <summary>Takes what every instance that answers has traced. Blocks its caller.</summary>
    internal IEnumerable<(InstanceId Instance, ControlTrace[] Traces)> TakeTraces() =>
        _live.Values.SelectMany(TraceReading.Of);

    public long MemoryOf(InstanceId instance) =>
        _live.TryGetValue(instance, out LiveInstance? live)
            ? live.Launcher.MemoryOf(live.Paths, live.Process.Pid)
            : 0;

    public async ValueTask ResumeAsync(InstanceId instance, EndpointSpec endpoint, CancellationToken cancel)
    {
        if (_live.TryGetValue(instance, out LiveInstance? live))
        {
            live.Asked = null;
            live.IsToPark = false;
            if (!await Blocking(() => TryTakeBack(live, endpoint), cancel).ConfigureAwait(false))
            {
                // It had ended its drain, or does not answer: it cannot serve, so it must not seem to.
                live.Kill();
            }
        }
    }

    public async ValueTask StopAsync(InstanceId instance, CancellationToken cancel)
    {
        if (_starting.TryGetValue(instance, out StartTicket? ticket))
        {
            await ticket.TakeBackAsync().WaitAsync(cancel).ConfigureAwait(false);
        }

        if (_live.TryGetValue(instance, out LiveInstance? live))
        {
            await live.EndAsync(cancel).ConfigureAwait(false);
            return;
        }

        await Blocking(
            () =>
            {
                StrayRemover.Remove(new InstancePaths(_options.RunFolder, instance), _oci, _logs);
                return true;
            },
            cancel).ConfigureAwait(false);
    }

    public async ValueTask<Problem> WaitForExitAsync(InstanceId instance, CancellationToken cancel) =>
        _live.TryGetValue(instance, out LiveInstance? live)
            ? await live.Ended.WaitAsync(cancel).ConfigureAwait(false)
            : new Problem(SandboxErrors.Ended.Code, $"{instance} is not there");

    public ValueTask CloseListenersAsync(DeploymentId workload, CancellationToken cancel)
    {
        _listeners.Close(workload);
        _states.Forget(workload);
        return default;
    }

    public ValueTask<LogOutcome> ReadLogAsync(DeploymentId workload, int lines, CancellationToken cancel) =>
        Blocking(() => _logs.Read(workload, lines), cancel);

    public ValueTask<FiguresOutcome> ReadFiguresAsync(InstanceId instance, CancellationToken cancel) => Blocking(
        () => _live.TryGetValue(instance, out LiveInstance? live)
            ? FigureReading.Of(live, _options.Sensors)
            : new FiguresOutcome.Failed(Gone(instance).Problem),
        cancel);

    public ValueTask<StepOutcome> ProbeAsync(InstanceId instance, WorkloadSpec spec, CancellationToken cancel)
    {
        if (!_live.TryGetValue(instance, out LiveInstance? live))
        {
            return ValueTask.FromResult<StepOutcome>(Gone(instance));
        }

        live.Probe ??= new InstanceProbe(_options.DataFolder, live.Paths);
        return live.Probe.AskAsync(spec, _time, cancel);
    }

    /// <summary>Lets go of everything; instances go on.</summary>
    public void Dispose()
    {
        _forgetting.GetAwaiter().GetResult();
        _listeners.Dispose();
        foreach (ExitWatcher watcher in _watchers)
        {
            watcher.Dispose();
        }

        foreach (LiveInstance live in _live.Values)
        {
            live.Dispose();
        }
    }

    private ILauncher? LauncherFor(PreparedRelease release) =>
        _oci is not null ? _oci
        : _options.AllowsNoSandbox && release.Spec.Sandbox == SandboxRule.None ? _bare
        : null;

    private (LiveInstance? Live, StartOutcome? Failure) Launch(
        InstancePaths paths, ILauncher launcher, PreparedRelease release, string nonce)
    {
        try
        {
            Directory.CreateDirectory(paths.Shared);
            _ = AgentLibc.ChangeOwner(paths.Shared, OciConfig.UserId, OciConfig.UserId);
            File.WriteAllText(paths.LauncherFile, launcher.Name);
            ToleranceNotes.Write(paths, release);
            ServeConfig config = launcher.SeenFromInside(InstanceStart.ConfigOf(paths, release, nonce), paths, release);
            config.OpenControl = _options.OpenControl;
            config.SharedMemory = _options.SharedMemory;
            config.AccessLogEvery = _options.AccessLogEvery;
            File.WriteAllBytes(paths.Config, config.ToJson());
            _states.Give(paths);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StrayRemover.Remove(paths, _oci, _logs);
            return (null, Failed(Blame.Device, SandboxErrors.StartFailed.Code, e.Message));
        }

        (int pid, Problem? problem) = launcher.Launch(paths, release);
        if (problem is not null)
        {
            StrayRemover.Remove(paths, _oci, _logs);
            return (null, new StartOutcome.Failed(Blame.Device, problem));
        }

        try
        {
            return (Hold(paths, launcher, ChildProcess.Open(pid)), null);
        }
        catch (NativeException)
        {
            StartOutcome early = InstanceStart.EndedEarly(paths, launcher);
            StrayRemover.Remove(paths, _oci, _logs);
            return (null, early);
        }
    }

    private bool TryAdopt(InstanceState record)
    {
        InstancePaths paths = new(_options.RunFolder, record.Id);
        string name = File.Exists(paths.LauncherFile) ? File.ReadAllText(paths.LauncherFile) : "";
        ILauncher? launcher = name == _bare.Name ? _bare : _oci;
        if (launcher is null || record.Pid == 0 || ProcessStart.TicksOf(record.Pid) != record.StartTicks)
        {
            return false;
        }

        // What is frozen cannot prove itself by its nonce; it does once it is thawed.
        bool isFrozen = launcher.IsFrozen(paths, record.Pid);
        if (!isFrozen && (InstanceStart.StatusOf(paths) is not ControlReply reply || reply.Nonce != record.Nonce))
        {
            return false;
        }

        try
        {
            LiveInstance live = Hold(paths, launcher, ChildProcess.Open(record.Pid));
            if (isFrozen)
            {
                live.WasFrozen();
            }
            else
            {
                TakeListenerBack(live, record.Spec.Endpoint);
            }

            return true;
        }
        catch (IOException)
        {
            // It ended in this moment: it is not alive.
            return false;
        }
    }

    private void TakeListenerBack(LiveInstance live, EndpointSpec endpoint)
    {
        ControlReply reply = ControlClient.Ask(
            live.Paths.Control, new ControlRequest { Op = ControlOps.Listener }, null, out FileDescriptor? socket);
        if (socket is not null && !(reply.Ok && _listeners.TryAdopt(live.Paths.Instance.Workload, endpoint, socket)))
        {
            socket.Dispose();
        }
    }

    private LiveInstance Hold(InstancePaths paths, ILauncher launcher, ChildProcess process)
    {
        LiveInstance live = new(paths, launcher, process);
        Check.That(_live.TryAdd(paths.Instance, live));
        lock (_watchLock)
        {
            if (!_watchers.Exists(w => w.TryWatch(process.ExitDescriptor, () => Bury(live))))
            {
                ExitWatcher more = new();
                _watchers.Add(more);
                Check.That(more.TryWatch(process.ExitDescriptor, () => Bury(live)));
            }
        }

        return live;
    }

    /// <summary>A process has ended: nothing of it stays, then everyone who waits learns how it ended.</summary>
    private void Bury(LiveInstance live)
    {
        ProcessEnd? end = live.Process.TryCollect();
        Problem problem = live.Asked is null && live.Launcher.WasOutOfMemory(live.Paths)
            ? new Problem(SandboxErrors.OutOfMemory.Code, $"{live.Paths.Instance} used more memory than its limit")
            : new Problem(
                SandboxErrors.Ended.Code, $"{live.Paths.Instance} {live.Asked ?? LiveInstance.HowItEnded(end)}");
        _logs.Keep(live.Paths);
        if (live.Asked is null)
        {
            _states.Keep(live.Paths);
        }

        live.Launcher.Remove(live.Paths);
        StrayRemover.Delete(live.Paths.Folder);
        _ = _live.TryRemove(live.Paths.Instance, out _);
        live.HasEnded(problem);
        live.Dispose();
    }

    private bool TryTakeBack(LiveInstance live, EndpointSpec endpoint)
    {
        try
        {
            return Parking.TakeBack(live, () => _listeners.Get(live.Paths.Instance.Workload, endpoint)).Ok;
        }
        catch (IOException)
        {
            // Nobody answers, or the port is taken: the caller treats it as refused.
            return false;
        }
    }

    private static bool TryAsk(LiveInstance live, string op, long deadlineMs)
    {
        try
        {
            lock (live.Talking)
            {
                return !live.IsFrozen && ControlClient.Ask(live.Paths.Control, op, deadlineMs).Ok;
            }
        }
        catch (IOException)
        {
            // Nobody answers: the caller treats it as refused.
            return false;
        }
    }

    private static StartOutcome.Failed Failed(Blame blame, string code, string message) =>
        new(blame, new Problem(code, message));

    private static StepOutcome.Failed NoControl(string message) =>
        new(Blame.Release, new Problem(SandboxErrors.NoControl.Code, message));

    private static StepOutcome.Failed Gone(InstanceId instance) =>
        new(Blame.Release, new Problem(SandboxErrors.Ended.Code, $"{instance} is not there any more"));

    private static ValueTask<T> Blocking<T>(Func<T> work, CancellationToken cancel) =>
        new(Task.Run(work, cancel));
}
