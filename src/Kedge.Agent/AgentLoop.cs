using Kedge.Agent.Identity;
using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Agent.Loop;
using Kedge.Agent.State;
using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Fleet;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Agent;

/// <summary>
/// One device's agent without its process: everything between the borders.
/// <para>Problem: what is asked arrives over a link that comes and goes, what runs outlives the agent, and power may be
/// cut at any write; still the device must come to what is asked and never lose what it acknowledged.</para>
/// <para>Approach: one mailbox with one reader. Whatever happens is queued there; <see cref="RunOnceAsync"/> takes all
/// of
/// it, steps the device machine, saves, starts effects, spools what changed and sends what waits. No part of it starts
/// a
/// thread or waits: operations of the borders are started and their results are queued. Time comes from a
/// <see cref="TimeProvider"/>, chance from a seeded <see cref="Rng"/>, so that the same loop runs in a
/// simulator.</para>
/// <para>Invariants: state is saved before an effect of it runs; a desired state is acknowledged after it was saved; a
/// message is durable before it is sent.</para>
/// </summary>
public sealed class AgentLoop : IAsyncDisposable
{
    private readonly LoopParts _parts;
    private readonly IProcessSupervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Ledger _ledger;
    private readonly Spool _spool;
    private readonly Reporter _reporter;
    private readonly ReleaseFetcher _fetcher;
    private readonly HoldFile _hold;
    private readonly HoldsDesk _holds;
    private readonly WorkloadDriver _workloads;
    private readonly DesiredGate _gate;
    private readonly TrustKeeper _trust;
    private readonly LinkPump _link;
    private readonly HandsDesk _hands;
    private readonly FiguresDesk _figures;
    private readonly ProbeDesk _probes;
    private readonly RenewalPump _renewal;
    private readonly ITimer _timer;
    private SandboxFacts? _sandbox;
    private bool _isStarted;
    private bool _isReading;
    private TimeSpan? _armed;
    private TimeSpan _housekeepingDue = AgentLimits.Housekeeping;
    private TimeSpan? _factsDue;
    private DeviceState? _statusOf;
    private Finding? _statusRefused;
    private long _statusShadows;
    private StatusMessage _status = new();
    private volatile AgentSnapshot _snapshot;
    private long _floorMs;
    private long _turns;
    private bool _isRenewalRefused;

    /// <summary>Opens what the disk remembers. Nothing runs before the first <see cref="RunOnceAsync"/>.</summary>
    /// <param name="disk">The device's data folder.</param>
    /// <param name="link">Link to the broker.</param>
    /// <param name="source">Where content comes from.</param>
    /// <param name="supervisor">Runs processes.</param>
    /// <param name="time">Clock and timers.</param>
    /// <param name="rng">Chance: jitter.</param>
    /// <param name="identity">Who this device is.</param>
    /// <param name="options">What it was told.</param>
    public AgentLoop(
        IDisk disk, IDeviceLink link, IArtifactSource source, IProcessSupervisor supervisor, TimeProvider time, Rng rng,
        AgentIdentity identity, AgentOptions options)
    {
        _supervisor = supervisor;
        _time = time;
        _ledger = Ledger.Open(disk);
        LoopClock clock = new(time, options.BuiltAtMs);
        clock.RaiseFloor(_ledger.Record.SeenMs);
        if (options.Credentials is { } credentials)
        {
            clock.RaiseFloor(new DateTimeOffset(credentials.Certificate.NotBefore.ToUniversalTime())
                .ToUnixTimeMilliseconds());
        }

        _floorMs = clock.FloorMs;
        _parts = new LoopParts(new Mailbox(), clock, rng, identity, options);
        _spool = Spool.Open(disk, identity.Incarnation, _ledger.Record.Sequence, options.SpoolBytesMax);
        _reporter = new Reporter(_spool, clock, options);
        TrustKeeper trust = _trust = TrustKeeper.Open(disk, identity.OwnerKey, identity.OwnerVersion);
        ContentStore store = new(disk, options.ContentBytesMax);
        _fetcher = new ReleaseFetcher(
            store, source, trust, time, endMs => ServerTrust.HasEnded(endMs, (clock.WallMs, clock.FloorMs)))
        {
            Neighbours = options.Neighbours?.Join(store, LeftOut),
            DevicePace = () => options.Bandwidth.At(_parts.Clock.Local(options.OffsetOf)),
            OnTrouble = finding => _parts.Mailbox.Post(() => _reporter.Warn(
                finding.Code == AgentErrors.ContentDamaged.Code ? "ContentDamaged" : "DeltaGivenUp", finding)),
        };
        _hold = HoldFile.Open(disk);
        _holds = new HoldsDesk(_parts, _hold);
        _workloads = new WorkloadDriver(
            _parts, (_ledger, _spool, store), _fetcher, supervisor, (_reporter, _holds, _stop.Token));
        _gate = new DesiredGate(_parts, trust, source, _workloads.Accept)
        {
            OnRefused = finding => _reporter.Warn("DesiredRefused", finding),
        };
        _link = new LinkPump(_parts, link, _spool, _gate.Take)
        {
            OnAsked = Asked,
            OnConnected = TellAgain,
        };
        _hands = new HandsDesk(
            _parts, supervisor, (answer, then) => _link.SendNow(Topics.Answer, answer, _ => then(), _stop.Token));
        _figures = new FiguresDesk(
            _parts, supervisor, (figures, then) => _link.SendNow(Topics.Telemetry, figures, then, _stop.Token));
        _probes = new ProbeDesk(_parts, supervisor, _figures, _workloads.Take);
        _renewal = new RenewalPump(_parts, source)
        {
            OnOutcome = Renewed,
            OnBundleRefused = finding => _reporter.Warn("BundleRefused", finding),
        };
        _timer = time.CreateTimer(
            static loop => ((AgentLoop)loop!).Rang(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _snapshot = Look();
    }

    /// <summary>What the agent says of itself; read from any thread.</summary>
    public AgentSnapshot Snapshot
    {
        get
        {
            // What is counted while the loop sleeps is as it is at this moment.
            AgentSnapshot seen = _snapshot;
            return seen with
            {
                FetchedBytes = _fetcher.FetchedBytes,
                FetchedByWay = _fetcher.ByWay,
                Neighbours = _parts.Options.Neighbours?.Look() ?? seen.Neighbours,
            };
        }
    }

    /// <summary>What the machine holds.</summary>
    public DeviceState State => _workloads.State;

    /// <summary>True when something waits to be taken by <see cref="RunOnceAsync"/>.</summary>
    public bool HasWork => _parts.Mailbox.HasWork;

    /// <summary>The true time is not before this, Unix milliseconds UTC.</summary>
    public long FloorMs => Interlocked.Read(ref _floorMs);

    /// <summary>How often the loop took what waits: it grows while the loop is alive.</summary>
    public long Turns => Interlocked.Read(ref _turns);

    /// <summary>True once the machine took its first event: what outlived the last agent was found.</summary>
    public bool IsReady => _gate.IsOpen;

    /// <summary>
    /// Takes everything that waits, and what follows from it at once. Called by one caller at a time. Throws
    /// <see cref="InvariantException"/> on a bug of ours: the process is to end then.
    /// </summary>
    public ValueTask RunOnceAsync(CancellationToken cancel)
    {
        Begin();
        do
        {
            while (!cancel.IsCancellationRequested && _parts.Mailbox.TryTake(out Action? action))
            {
                action!(); // TryTake gave one.
            }

            Pump();
        }
        while (!cancel.IsCancellationRequested && _parts.Mailbox.HasWork);

        Arm();
        _snapshot = Look();
        Interlocked.Exchange(ref _floorMs, _parts.Clock.FloorMs);
        _ = Interlocked.Increment(ref _turns);
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs until cancelled; the caller's thread is the loop's.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        await RunOnceAsync(cancel).ConfigureAwait(false);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                _ = await _parts.Mailbox.WaitAsync(cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }

            await RunOnceAsync(cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Makes the loop take a turn, from any thread.</summary>
    public void Wake() => _parts.Mailbox.Post(static () => { });

    /// <summary>Keeps what serves as it is, whatever is asked for; from any thread.</summary>
    /// <param name="reason">Why, for people; may be empty.</param>
    /// <param name="time">For how long; null until it is released.</param>
    /// <returns>Null when it is durable and in force, else why not.</returns>
    public Task<Finding?> HoldAsync(string reason, TimeSpan? time) => SetHoldAsync(true, reason, time);

    /// <summary>Goes on with what is asked for; from any thread.</summary>
    /// <returns>Null when it is durable and in force, else why not.</returns>
    public Task<Finding?> ReleaseAsync() => SetHoldAsync(false, "", null);

    /// <summary>Stops waiting for operations and closes the link. Workloads go on.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        _workloads.SaveLast();
        await _link.CloseAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_parts.Options.Neighbours is { } neighbours)
        {
            await neighbours.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    private Task<Finding?> SetHoldAsync(bool isHeld, string reason, TimeSpan? time)
    {
        TaskCompletionSource<Finding?> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _parts.Mailbox.Post(() =>
        {
            bool was = _hold.IsHeld;
            Finding? finding = _holds.Set(isHeld, reason, time);
            if (finding is null && (isHeld || was))
            {
                _reporter.Event(new EventMessage
                {
                    Reason = isHeld ? "DeviceHeld" : "DeviceReleased",
                    Message = isHeld
                        ? HoldsDesk.Words(_hold, _parts.Options)
                        : "what serves may be replaced again",
                });
            }

            if (_gate.IsOpen)
            {
                _workloads.LookAtHolds();
            }

            _snapshot = Look();
            done.SetResult(finding);
        });
        return done.Task;
    }

    private void Begin()
    {
        if (_isStarted)
        {
            return;
        }

        _isStarted = true;
        if (_ledger.Finding is { } finding)
        {
            _reporter.Warn("LedgerDamaged", finding);
        }

        if (_parts.Clock.IsWrong)
        {
            _reporter.Warn("ClockWrong", AgentErrors.ClockWrong.At(
                $"the clock says {_time.GetUtcNow():u}, the last known time is "
                + $"{DateTimeOffset.FromUnixTimeMilliseconds(_parts.Clock.FloorMs):u}"));
        }

        ImmutableArray<InstanceState> recorded = [.. State.InOrder.SelectMany(Instances)];
        _parts.Mailbox.Run(_supervisor.TestAsync, Tested, _stop.Token);
        void Tested(SandboxFacts facts)
        {
            _sandbox = facts;
            _factsDue = _parts.Clock.Now;
            if (facts.Problem is { } problem)
            {
                _reporter.Warn("SandboxMissing", new Finding(problem.Code, problem.Message));
            }

            _parts.Mailbox.Run(
                c => _supervisor.AdoptAsync(recorded, c), alive => Ready(alive, facts.Runtime), _stop.Token);
        }
    }

    private void Ready(ImmutableArray<InstanceId> alive, string runtime)
    {
        _reporter.Event(new EventMessage
        {
            Reason = "AgentStarted",
            Message = $"version {_parts.Options.AgentVersion}, {alive.Length} instances adopted",
        });
        _workloads.Start(alive, runtime);
        _gate.IsOpen = true;
    }

    /// <summary>From any thread.</summary>
    private void LeftOut(DeviceId neighbour, Finding finding) => _parts.Mailbox.Post(() => _reporter.Warn(
        "NeighbourLeftOut", finding with { Message = $"{neighbour}: {finding.Message}" }));

    private void TellAgain()
    {
        _reporter.TellAgain();
        _figures.TellAgain();
    }

    private void Asked(LinkDelivery question) => _hands.Take(question, _stop.Token);

    private void Pump()
    {
        if (_gate.IsOpen)
        {
            _workloads.Pump();
        }

        _gate.Pump(_stop.Token);
        _renewal.Pump(_stop.Token);
        Housekeep();
        if (_gate.IsOpen)
        {
            _reporter.Status(Status());
            _figures.Pump(State, _link.IsUp, _stop.Token);
            _probes.Pump(State, _stop.Token);
        }

        _link.Pump(_stop.Token);
    }

    private void Housekeep()
    {
        TimeSpan now = _parts.Clock.Now;
        if (_factsDue <= now && !_isReading)
        {
            ReadFacts();
        }

        if (_housekeepingDue <= now && _gate.IsOpen)
        {
            _housekeepingDue = now + AgentLimits.Housekeeping;
            _gate.Retry(_stop.Token);
            _workloads.Housekeep();
        }
    }

    private void ReadFacts()
    {
        _factsDue = null;
        if (_parts.Options.ReadFacts is not { } read)
        {
            return;
        }

        _isReading = true;
        DeviceFacts facts = new();
        _parts.Mailbox.Run(
            async _ =>
            {
                if (_parts.Options.RunHeavy is { } heavy)
                {
                    await heavy(() => facts = read()).ConfigureAwait(false);
                    return facts;
                }

                return read();
            },
            found =>
            {
                _isReading = false;
                _factsDue = _parts.Clock.Now + AgentLimits.FactsPeriod;
                _reporter.Facts(found with
                {
                    AgentVersion = _parts.Options.AgentVersion,
                    AllowsNoSandbox = _parts.Options.AllowsNoSandbox,
                    Sandbox = _sandbox?.Name ?? "",
                    MissingProtections = _sandbox?.Missing ?? [],
                    Neighbours = _parts.Options.Neighbours?.Addresses ?? [],
                });
            },
            _stop.Token);
    }

    private void Renewed(Finding? finding)
    {
        bool wasRefused = _isRenewalRefused;
        _isRenewalRefused = finding?.Code == AgentErrors.EnrolRefused.Code;
        if (_isRenewalRefused && !wasRefused)
        {
            // Told once, as long as a link or the old certificate lasts: somebody has to act before it ends.
            _reporter.Warn("RenewalRefused", finding!);
        }

        if (finding is null)
        {
            // A certificate brings the owner's documents along, so that a change of the owner key, or a revocation,
            // comes to every device within a life of a certificate.
            foreach (Finding refused in _trust.Offer(_parts.Options.Credentials!.Documents)) // Renewed: it has some.
            {
                _reporter.Warn("TrustRefused", refused);
            }

            _link.Hurry();
            _reporter.Event(new EventMessage
            {
                Reason = "CertificateRenewed",
                Message = $"good until {_parts.Options.Credentials?.Certificate.NotAfter.ToUniversalTime():u}",
            });
        }
        else
        {
            _parts.Options.Log?.Warn("renewal-failed", ("code", finding.Code), ("message", finding.Message));
        }
    }

    /// <summary>
    /// The timer has rung and is no longer armed: it may have rung a little early, and then it must be set again.
    /// </summary>
    private void Rang() => _parts.Mailbox.Post(() => _armed = null);

    private void Arm()
    {
        TimeSpan? due = _gate.IsOpen
            ? Earlier(Earlier(_workloads.Due, _housekeepingDue), Earlier(_figures.Due, _probes.Due))
            : null;
        due = Earlier(Earlier(due, _factsDue), Earlier(_link.Due, _renewal.Due));
        if (due == _armed && due > _parts.Clock.Now)
        {
            return;
        }

        _armed = due;
        TimeSpan wait = due is null ? Timeout.InfiniteTimeSpan : due.Value - _parts.Clock.Now;
        _ = _timer.Change(
            wait < TimeSpan.Zero && due is not null ? TimeSpan.Zero : Round(wait), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Timers count whole milliseconds: one that rings early would find nothing due.</summary>
    private static TimeSpan Round(TimeSpan wait) => wait < TimeSpan.Zero
        ? wait
        : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));

    private AgentSnapshot Look() => new()
    {
        Status = Status(),
        IsLinkUp = _link.IsUp,
        LinkProblem = _link.Problem,
        LinkConnections = _link.Connections,
        SpoolMessages = _spool.Count,
        SpoolBytes = _spool.Bytes,
        SpoolDropped = _spool.Dropped,
        Sandbox = _sandbox?.Name ?? "",
        IsClockWrong = _parts.Clock.IsWrong,
        Held = _hold.IsHeld
            ? new Problem(DeviceErrors.Held.Code, HoldsDesk.Words(_hold, _parts.Options))
            : null,
        Serving = AgentSnapshot.ServingOf(State),
    };

    /// <summary>Most turns change nothing: what is told of a state is made once.</summary>
    private StatusMessage Status()
    {
        ShadowDesk shadows = _workloads.Shadows;
        if (!ReferenceEquals(_statusOf, State) || _statusRefused != _gate.Refused || _statusShadows != shadows.Version)
        {
            (_statusOf, _statusRefused, _statusShadows) = (State, _gate.Refused, shadows.Version);
            _status = StatusReport.Of(State, _gate.Refused, _parts.Options, shadows, _parts.Clock);
        }

        return _status;
    }

    private static IEnumerable<InstanceState> Instances(WorkloadState w) =>
        new[] { w.Current, w.Candidate, w.Standby }.OfType<InstanceState>().Concat(w.Draining);

    private static TimeSpan? Earlier(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;
}
