using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Core.Deployments;
using Kedge.Core.Manifests;
using Kedge.Core.Rollouts;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Scenarios;

/// <summary>
/// Plays a story for a fleet: each line that starts with <c>$</c> is a command, what follows is all that the planner
/// does of it. Commands: <c>device NAME [label=value ...]</c>, <c>apply vN [all] [canary=1|5%] [canary-at=label=value]
/// [waves=10%,50%] [growth=3] [soak=60s] [max-unavailable=1] [failures=1] [budget=store:1] [deadline=1h] [errors=1%]
/// [errors-more=0.5%] [p99=50ms] [p99-ratio=1.5] [memory-ratio=2]
/// [restarts=1] [heat=85] [heat-more=10] [golden=98%] [inputs=0.25]
/// [outputs=0.25] [min=100] [window=60s]</c> (figures are told in windows of a
/// minute),
/// <c>serve [DEVICE ...]</c> (whatever they are asked; all that are there when none is named), <c>refuse DEVICE
/// TEXT</c>, <c>says DEVICE TEXT</c> (while it goes on trying), <c>answers DEVICE[,DEVICE] COUNT [errors=5] [p99=20ms]
/// [memory=100Mi] [heat=60]
/// [golden=99/100] [drift=30] [restarts=1]</c> (what the revision
/// that it is asked for answered since), <c>away DEVICE ...</c>, <c>back DEVICE ...</c>, <c>full DEVICE</c> (too little
/// memory for it),
/// <c>wait TIME</c>, <c>pause</c>, <c>resume</c>, <c>promote</c>, <c>abort</c>.
/// </summary>
internal sealed class FleetStory
{
    private const int StepsMax = 50;
    private static readonly DeploymentId Name = new("bearing");
    private static readonly string[] Versions = [.. Enumerable.Range(1, 9).Select(v => $"bearing:v{v}")];
    private readonly StringBuilder _told = new();
    private FleetSnapshot _fleet = Fleets.Snapshot([], [], Versions) with { NowMs = 1_000_000 };
    private RolloutStep? _step;

    public static string Play(string story)
    {
        FleetStory fleet = new();
        foreach (string line in story.Split('\n'))
        {
            if (line.StartsWith('#') || line.Length == 0)
            {
                fleet._told.Append(line).Append('\n');
            }
            else if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                fleet._told.Append(line).Append('\n');
                fleet.Do(line[2..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                fleet.Settle();
            }
        }

        return fleet._told.ToString().TrimEnd('\n') + "\n";
    }

    private void Do(string[] words)
    {
        switch (words[0])
        {
            case "device":
                _fleet = _fleet with
                {
                    Devices = _fleet.Devices.Add(
                        Fleets.ADevice(words[1], [.. words[2..].Select(Pair)]) with { Online = true }),
                };
                break;
            case "apply":
                Apply(words[1], words[2..]);
                break;
            case "serve":
                Change(words[1..], Serves);
                break;
            case "refuse":
                Change([words[1]], d => Refuses(d, string.Join(' ', words[2..])));
                break;
            case "says":
                Change([words[1]], d => Says(d, string.Join(' ', words[2..])));
                break;
            case "answers":
                Change(words[1].Split(','), d => StoryFigures.Answer(d, Name, words[2..], _fleet.NowMs));
                break;
            case "away":
                Change(words[1..], d => d with { Online = false });
                break;
            case "back":
                Change(words[1..], d => d with { Online = true });
                break;
            case "full":
                Change(words[1..], d => d with { Facts = Fleets.Facts(memoryMiB: 1) });
                break;
            case "wait":
                Assert.True(Lifetime.TryParse(words[1], out TimeSpan span));
                _fleet = _fleet with { NowMs = _fleet.NowMs + (long)span.TotalMilliseconds };
                break;
            default:
                Ask(words[0]);
                break;
        }
    }

    private void Ask(string word)
    {
        RolloutState state = _step!.State;
        RolloutState? next = word switch
        {
            "pause" => RolloutPlanner.Pause(state, "ada", _fleet.NowMs),
            "resume" => RolloutPlanner.Resume(state, _fleet.NowMs),
            "promote" => RolloutPlanner.Promote(state, _fleet.NowMs),
            "abort" => RolloutPlanner.Abort(state, "ada", _fleet.NowMs),
            _ => throw new FormatException($"no command {word}"),
        };
        if (next is null)
        {
            _told.Append("  not now\n");
        }

        Keep(next ?? state);
    }

    private void Apply(string version, string[] words)
    {
        DeploymentSnapshot? before = _fleet.Deployments.FirstOrDefault();
        DeploymentSpec spec = Fleets.Deployment("bearing", $"bearing:{version}") with
        {
            Resources = new ResourceSpec { MemoryRequestBytes = 64L * Limits.MiB },
            Strategy = words is ["all"] ? new StrategySpec() : Waves(words),
        };
        DeploymentSnapshot deployment = new(spec, (before?.Revision ?? 0) + 1, false)
        {
            Rollout = before?.Rollout,
            References = spec.Strategy.Gates.Drift is null ? [] : StoryFigures.References,
        };
        _fleet = _fleet with { Deployments = [deployment] };
    }

    private static StrategySpec Waves(string[] words)
    {
        StrategySpec strategy = new() { Kind = StrategyKind.Waves, Soak = TimeSpan.FromSeconds(60) };
        foreach (string word in words)
        {
            string value = word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..];
            strategy = word[..word.IndexOf('=', StringComparison.Ordinal)] switch
            {
                "canary" => strategy with { Canary = new CanarySpec(Amount(value), new LabelSelector()) },
                "canary-at" => strategy with
                {
                    Canary = new CanarySpec(
                        strategy.Canary?.Size,
                        new LabelSelector
                        {
                            MatchLabels = LabelRules.None.Add(Pair(value).Key, Pair(value).Value),
                        }),
                },
                "waves" => strategy with { Waves = [.. value.Split(',').Select(w => Amount(w)!)] },
                "growth" => strategy with { Growth = Number(value) },
                "soak" => strategy with { Soak = Time(value) },
                "max-unavailable" => strategy with { MaxUnavailable = Amount(value) },
                "failures" => strategy with { MaxFailures = Number(value) },
                "deadline" => strategy with { Deadline = Time(value) },
                "budget" => strategy with
                {
                    Budgets = strategy.Budgets.Add(new BudgetSpec(value.Split(':')[0], Number(value.Split(':')[1]))),
                },
                string gate => strategy with { Gates = StoryFigures.Gates(strategy.Gates, gate, value) },
            };
        }

        return strategy;
    }

    /// <summary>Plans and executes until nothing moves any more; every plan has its second opinion.</summary>
    private void Settle()
    {
        if (_fleet.Deployments.IsEmpty)
        {
            return;
        }

        for (int step = 0; step < StepsMax; step++)
        {
            FleetPlan plan = FleetPlanner.Plan(_fleet, Fleets.ReleaseDigest);
            Assert.Empty(RolloutCheck.Findings(_fleet, plan));
            Tell(plan);
            bool isMoving = plan.Changes.Length > 0 || plan.Rollouts[0].State != _fleet.Deployments[0].Rollout;
            _fleet = Fleets.After(_fleet, plan);
            _step = plan.Rollouts[0];
            Keep(_step.State);
            if (!isMoving)
            {
                _told.Append(Standing(_step));
                return;
            }
        }

        Assert.Fail("it never settles");
    }

    private void Keep(RolloutState state) =>
        _fleet = _fleet with { Deployments = [_fleet.Deployments[0] with { Rollout = state }] };

    private void Tell(FleetPlan plan)
    {
        foreach (IGrouping<string, DeviceChange> group in plan.Changes.GroupBy(
            c => c.Workloads.IsEmpty ? "nothing" : c.Workloads[0].Models[0].PackageLabel))
        {
            _told.Append(
                CultureInfo.InvariantCulture, $"  {group.Key} -> {string.Join(", ", group.Select(c => c.Device))}\n");
        }
    }

    private string Standing(RolloutStep step)
    {
        RolloutState state = step.State;
        int have = _fleet.Devices.Count(d => d.Desired.Any(w => w.Revision == state.Target));
        StringBuilder told = new();
        told.Append(CultureInfo.InvariantCulture, $"  revision {state.Target}: {state.Phase}");
        if (state.Phase is RolloutPhase.Progressing or RolloutPhase.Paused)
        {
            told.Append(
                CultureInfo.InvariantCulture,
                $", wave {state.Wave + 1} of {step.Waves}, {have} of {step.WaveLimit} have it");
        }

        told.Append(state.Reason.Length > 0 ? $" [{state.Code}: {state.Reason}]" : "").Append('\n');
        foreach (Kedge.Core.Rollouts.Gates.GateReading gate in step.Gates)
        {
            told.Append(CultureInfo.InvariantCulture, $"    {gate.Gate}: {gate.Standing}, {gate.Text}\n");
        }

        foreach (string wait in step.Waits.Where(w => w != state.Reason))
        {
            told.Append(CultureInfo.InvariantCulture, $"    waits: {wait}\n");
        }

        return told.ToString();
    }

    private void Change(string[] names, Func<DeviceSnapshot, DeviceSnapshot> change) => _fleet = _fleet with
    {
        Devices =
        [
            .. _fleet.Devices.Select(d => (names.Length == 0 && d.Online) || names.Contains(d.Id.ToString())
                ? change(d)
                : d),
        ],
    };

    private static DeviceSnapshot Serves(DeviceSnapshot device)
    {
        long asked = device.Desired.IsEmpty ? 0 : device.Desired[0].Revision;
        return Reports(device, new WorkloadReport(asked, asked, false, ""));
    }

    private static DeviceSnapshot Refuses(DeviceSnapshot device, string why) => Says(device, why, gaveUp: true);

    private static DeviceSnapshot Says(DeviceSnapshot device, string why, bool gaveUp = false)
    {
        long serving = device.Reported.GetValueOrDefault(Name)?.ServingRevision ?? 0;
        return device.Desired.IsEmpty
            ? device
            : Reports(device, new WorkloadReport(device.Desired[0].Revision, serving, gaveUp, why));
    }

    private static DeviceSnapshot Reports(DeviceSnapshot device, WorkloadReport report) =>
        device with { Reported = device.Reported.SetItem(Name, report) };

    private static (string Key, string Value) Pair(string word) => (word.Split('=')[0], word.Split('=')[1]);

    private static DeviceAmount? Amount(string text) => DeviceAmount.TryParse(text, out DeviceAmount? amount)
        ? amount
        : throw new FormatException(text);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static TimeSpan Time(string text) => Lifetime.TryParse(text, out TimeSpan span)
        ? span
        : throw new FormatException(text);
}
