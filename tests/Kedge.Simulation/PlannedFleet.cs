using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Measure;
using Kedge.Core.Rollouts;
using Kedge.Tests.Support;

namespace Kedge.Simulation;

/// <summary>
/// A fleet too large for whole agents: the planner over devices that do at once what they are asked, and tell figures
/// each second. One second of its time is one look.
/// </summary>
internal sealed class PlannedFleet
{
    private const long StepMs = 1_000;
    private const int SecondsMax = 900;
    private static readonly DeploymentId Name = new("bearing");

    private readonly Rng _rng;
    private readonly double[] _errors;
    private readonly double _slower;
    private readonly int[] _perSecond;
    private FleetSnapshot _fleet;
    private string _waits = "";

    /// <summary>A fleet whose devices all run a good release.</summary>
    /// <param name="seed">Of everything that is drawn.</param>
    /// <param name="devices">How many.</param>
    public PlannedFleet(ulong seed, int devices)
    {
        _rng = new Rng(seed);
        IsBad = _rng.Below(3) > 0;
        bool isSlow = _rng.Below(2) == 0;
        bool isOfOneKind = _rng.Below(3) == 0;
        double share = 0.1 + (_rng.Fraction() * 0.4);
        _slower = IsBad && isSlow ? 2 + (_rng.Fraction() * 3) : 1;
        _errors = [.. Enumerable.Range(0, devices)
            .Select(i => IsBad && !isSlow && !(isOfOneKind && i % 2 == 0) ? share : 0.002)];
        _perSecond = [.. Enumerable.Range(0, devices).Select(_ => _rng.Below(4) == 0 ? 0 : 5 + _rng.Below(20))];
        _fleet = Fleets.Snapshot(
            Enumerable.Range(0, devices).Select(i => Fleets.ADevice($"d{i}") with { Online = true }),
            [new DeploymentSnapshot(Fleets.Deployment("bearing", "m:v1"), 1, false)], "m:v1", "m:v2") with
        {
            NowMs = 1_000_000,
        };
    }

    public bool IsBad { get; }

    /// <summary>Most devices that had the new revision.</summary>
    public int ExposedMost { get; private set; }

    /// <summary>The new revision from its first canary to its end.</summary>
    public RolloutState Run()
    {
        for (int i = 0; i < 20; i++)
        {
            Second();
        }

        GatesSpec gates = new()
        {
            Window = TimeSpan.FromSeconds(30),
            Errors = new ErrorGate(20_000, null, 100),
            Latency = [new LatencyGate(500, null, 1_300, 100)],
        };
        DeploymentSpec next = Fleets.Deployment("bearing", "m:v2") with
        {
            Strategy = new StrategySpec
            {
                Kind = StrategyKind.Waves,
                Canary = new CanarySpec(new DeviceAmount(20, IsPercent: false), new LabelSelector()),
                Soak = TimeSpan.FromSeconds(5),
                Gates = gates,
            },
        };
        RolloutState? passed = _fleet.Deployments[0].Rollout;
        _fleet = _fleet with { Deployments = [new DeploymentSnapshot(next, 2, false) { Rollout = passed }] };
        for (int i = 0; i < SecondsMax; i++)
        {
            if (Second() is { Target: 2, Phase: RolloutPhase.Complete or RolloutPhase.RolledBack } ended)
            {
                long serves = ended.Phase == RolloutPhase.Complete ? 2 : 1;
                Check.That(_fleet.Devices.All(d => d.Desired[0].Revision == serves));
                return ended;
            }
        }

        throw new InvariantException($"not at its end after {SecondsMax} s: {_waits}");
    }

    private RolloutState Second()
    {
        FleetPlan plan = FleetPlanner.Plan(_fleet, Fleets.ReleaseDigest);
        ImmutableArray<Core.Errors.Finding> broken = RolloutCheck.Findings(_fleet, plan);
        if (!broken.IsEmpty)
        {
            throw new InvariantException(broken[0].Message);
        }

        RolloutState state = plan.Rollouts[0].State;
        _waits = $"{state.Phase} in wave {state.Wave}: {string.Join("; ", plan.Rollouts[0].Waits)}";
        _fleet = Fleets.After(_fleet, plan);
        ExposedMost = Math.Max(ExposedMost, _fleet.Devices.Count(d => d.Desired.Any(w => w.Revision == 2)));
        _fleet = _fleet with
        {
            NowMs = _fleet.NowMs + StepMs,
            Deployments = [_fleet.Deployments[0] with { Rollout = state }],
            Devices = [.. _fleet.Devices.Select((d, i) => Serve(d, i))],
        };
        return state;
    }

    private DeviceSnapshot Serve(DeviceSnapshot device, int index)
    {
        Core.Desired.WorkloadSpec asked = device.Desired[0];
        bool isNew = asked.Revision == 2;
        if (device.Reported.GetValueOrDefault(Name)?.ServingRevision != asked.Revision)
        {
            WorkloadReport report = new(asked.Revision, asked.Revision, false, "");
            return device with { Reported = device.Reported.SetItem(Name, report) };
        }

        if (_perSecond[index] == 0)
        {
            return device;
        }

        InstanceId instance = new(Name, asked.Revision);
        ImmutableArray<FigureWindow> held = device.Figures.GetValueOrDefault(Name, []);
        long from = _fleet.NowMs / 30_000 * 30_000;
        FigureWindow window = held.FirstOrDefault(w => w.Instance == instance && w.FromMs == from)
            ?? new FigureWindow { Instance = instance, Release = asked.Digest, FromMs = from };
        window = More(window, isNew ? _errors[index] : 0.002, isNew ? _slower : 1, _perSecond[index]);
        return device with { Figures = device.Figures.SetItem(Name, FigureLog.Add(held, [window], _fleet.NowMs)) };
    }

    private FigureWindow More(FigureWindow window, double errors, double slower, int answers)
    {
        long[] counts = new long[LatencySketch.Buckets];
        int failures = 0;
        for (int i = 0; i < answers; i++)
        {
            if (_rng.Fraction() < errors)
            {
                failures++;
            }
            else
            {
                counts[LatencySketch.BucketOf(World.Traffic.DrawTime(_rng) * slower)]++;
            }
        }

        return window with
        {
            ForMs = window.ForMs + StepMs,
            Requests = window.Requests + answers,
            Failures = window.Failures + failures,
            Latency = LatencySketch.Merge([window.Latency, LatencySketch.Of(counts)]),
        };
    }
}
