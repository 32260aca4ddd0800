using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Device;
using Kedge.Core.Errors;
using Kedge.Core.Tests.Device;
using Kedge.Tests.Support;

namespace Kedge.Core.Tests.Scenarios;

/// <summary>
/// Plays a story for one device: each line that starts with <c>$</c> is a command, what follows is the full answer of
/// the
/// device machine. Commands: <c>desire GENERATION name=version[@revision][+shadow] ...</c>, <c>fetched NAME
/// [AVAILABLE]</c>,
/// <c>fetch-failed NAME BLAME TEXT</c>, <c>started NAME</c>, <c>start-failed NAME BLAME TEXT</c>,
/// <c>preflight NAME ok|failed TEXT</c>, <c>shadow NAME ok|BLAME TEXT</c>,
/// <c>handed-over NAME [AVAILABLE USED]</c> (memory in MiB), <c>parked INSTANCE MIB</c>, <c>memory AVAILABLE</c>,
/// <c>hand-over-failed NAME BLAME TEXT</c>, <c>exit INSTANCE TEXT</c>, <c>wait SECONDS</c>,
/// <c>probe NAME failed TEXT</c>,
/// <c>restart [INSTANCE ...]</c> (those that are alive), <c>hold TEXT</c>, <c>release</c>, <c>window NAME shut
/// UNTIL</c>,
/// <c>window NAME open</c>.
/// </summary>
internal sealed class DeviceStory
{
    private readonly DeviceBench _bench = DeviceBench.Started();

    public static string Play(string story)
    {
        DeviceStory device = new();
        StringBuilder told = new();
        foreach (string line in story.Split('\n'))
        {
            if (line.StartsWith('#') || line.Length == 0)
            {
                told.Append(line).Append('\n');
            }
            else if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                told.Append(line).Append('\n').Append(device.Do(line[2..].Split(' ')));
            }
        }

        return told.ToString().TrimEnd('\n') + "\n";
    }

    private string Do(string[] words)
    {
        string text = words.Length > 3 ? string.Join(' ', words[3..]) : "";
        switch (words[0])
        {
            case "desire":
                GenerationVerdict verdict = _bench.Desire(
                    long.Parse(words[1], CultureInfo.InvariantCulture), [.. words[2..].Select(Spec)]);
                return Answer($"  {verdict}\n");
            case "fetched":
                _bench.Feed(new DeviceEvent.Fetched(Id(words[1]), Attempt(words[1]))
                {
                    Room = words.Length > 2 ? new MemoryRoom(MiB(words[2]), 0) : null,
                });
                break;
            case "fetch-failed":
                _bench.Feed(new DeviceEvent.FetchFailed(Id(words[1]), Attempt(words[1]), BlameOf(words[2]), P(text)));
                break;
            case "started":
                _bench.Feed(new DeviceEvent.Started(Candidate(words[1]), 100, 7, "n"));
                break;
            case "start-failed":
                _bench.Feed(new DeviceEvent.StartFailed(Candidate(words[1]), BlameOf(words[2]), P(text)));
                break;
            case "preflight" when words[2] == "ok":
                _bench.Feed(new DeviceEvent.PreflightPassed(Candidate(words[1])));
                break;
            case "preflight":
                _bench.Feed(new DeviceEvent.PreflightFailed(Candidate(words[1]), Blame.ReleaseForGood, P(text)));
                break;
            case "shadow" when words[2] == "ok":
                _bench.Feed(new DeviceEvent.ShadowPassed(Candidate(words[1]), Beside(words[1])));
                break;
            case "shadow":
                _bench.Feed(new DeviceEvent.ShadowFailed(
                    Candidate(words[1]), Beside(words[1]), BlameOf(words[2]), P(text)));
                break;
            case "handed-over":
                _bench.Feed(new DeviceEvent.HandedOver(Candidate(words[1]))
                {
                    Room = words.Length > 2 ? new MemoryRoom(MiB(words[2]), MiB(words[3])) : null,
                });
                break;
            case "parked":
                _bench.Feed(new DeviceEvent.Parked(Instance(words[1]), MiB(words[2])));
                break;
            case "memory":
                _bench.Feed(new DeviceEvent.MemorySeen(MiB(words[1])));
                break;
            case "hand-over-failed":
                _bench.Feed(new DeviceEvent.HandOverFailed(Candidate(words[1]), BlameOf(words[2]), P(text)));
                break;
            case "exit":
                _bench.Feed(new DeviceEvent.Exited(Instance(words[1]), P(string.Join(' ', words[2..]))));
                break;
            case "probe":
                _bench.Feed(new DeviceEvent.ProbeFailed(
                    _bench.State.Workloads[Id(words[1])].Current!.Id, P(DeviceErrors.ProbeFailed, Probe(text))));
                break;
            case "wait":
                _bench.Pass(TimeSpan.FromSeconds(double.Parse(words[1], CultureInfo.InvariantCulture)));
                break;
            case "restart":
                _bench.Feed(new DeviceEvent.AgentStarted([.. words[1..].Select(Instance)], "r1")
                {
                    Holds = _bench.State.Holds,
                });
                break;
            case "hold":
                Hold(P(DeviceErrors.Held, string.Join(' ', words[1..])), _bench.State.Holds.Windows);
                break;
            case "release":
                Hold(null, _bench.State.Holds.Windows);
                break;
            case "window" when words[2] == "shut":
                Hold(_bench.State.Holds.Device, _bench.State.Holds.Windows.SetItem(
                    Id(words[1]), P(DeviceErrors.OutsideWindows, text)));
                break;
            case "window":
                Hold(_bench.State.Holds.Device, _bench.State.Holds.Windows.Remove(Id(words[1])));
                break;
            default:
                throw new FormatException($"no command {words[0]}");
        }

        return Answer("");
    }

    private void Hold(Problem? device, ImmutableSortedDictionary<DeploymentId, Problem> windows) =>
        _bench.Feed(new DeviceEvent.HoldsChanged(new DeviceHolds(device, windows)));

    private string Answer(string verdict)
    {
        StringBuilder told = new(verdict);
        foreach (DeviceEffect effect in _bench.LastRun)
        {
            told.Append(CultureInfo.InvariantCulture, $"  do: {Describe(effect)}\n");
        }

        foreach (WorkloadState w in _bench.State.Workloads.Values)
        {
            told.Append(CultureInfo.InvariantCulture, $"  {w.Name}: {w.Phase}");
            told.Append(w.Current is null
                ? ", nothing serves"
                : $", {Version(w.Current.Spec)} serves as {w.Current.Id}");
            told.Append(w.Draining.IsEmpty ? "" : $", {string.Join(", ", w.Draining.Select(d => d.Id))} drains");
            told.Append(w.Standby is { } s ? $", {Version(s.Spec)} waits as {s.Id}" : "");
            told.Append(w.Volatile.SwapNote.Length == 0 ? "" : $" ({w.Volatile.SwapNote})");
            told.Append(w.Volatile.StandbyNote.Length == 0 ? "" : $" ({w.Volatile.StandbyNote})");
            told.Append(w.Problem is null ? "" : $" [{w.Problem.Code}: {w.Problem.Message}]").Append('\n');
        }

        return told.ToString();
    }

    private static string Describe(DeviceEffect effect) => effect switch
    {
        DeviceEffect.Fetch e => $"fetch {Version(e.Spec)}",
        DeviceEffect.Start e => $"start {e.Instance} with {Version(e.Spec)}",
        DeviceEffect.Preflight e => $"preflight {e.Instance}",
        DeviceEffect.Shadow e => $"let {e.Instance} see copies of what {e.Beside} answers",
        DeviceEffect.HandOver e => $"hand the listener of port {e.Endpoint.Port} to {e.Instance}",
        DeviceEffect.Watch e => $"watch {e.Instance.Id}",
        DeviceEffect.Drain e => $"drain {e.Instance}",
        DeviceEffect.Resume e => $"resume {e.Instance}",
        DeviceEffect.Park e => $"park {e.Instance}",
        DeviceEffect.Stop e => $"stop {e.Instance}",
        DeviceEffect.CloseListener e => $"close the listener of {e.Workload}",
        _ => throw Check.Unreachable(effect),
    };

    private static string Version(WorkloadSpec spec) => spec.Models[0].PackageLabel;

    /// <summary>
    /// <c>NAME=VERSION[@REVISION][~STANDBY][&lt;LIMIT][+shadow]</c>: seconds that what it replaces is kept, and MiB.
    /// </summary>
    private static WorkloadSpec Spec(string word)
    {
        bool isCompared = word.EndsWith("+shadow", StringComparison.Ordinal);
        word = isCompared ? word[..^7] : word;
        string[] parts = word.Split('=', '@', '~', '<');
        long Part(char mark, long otherwise) => word.IndexOf(mark, StringComparison.Ordinal) is > 0 and int at
            ? long.Parse(word[(at + 1)..].Split('@', '~', '<')[0], CultureInfo.InvariantCulture)
            : otherwise;

        long revision = Part('@', long.Parse(parts[1].AsSpan(1), CultureInfo.InvariantCulture));
        return Specs.Workload(parts[0], parts[1], revision) with
        {
            Shadow = isCompared ? new ShadowSpec() : null,
            StandbyFor = TimeSpan.FromSeconds(Part('~', 0)),
            Resources = new ResourceSpec { MemoryLimitBytes = Part('<', 0) * Limits.MiB },
        };
    }

    private static InstanceId Instance(string word)
    {
        Assert.True(InstanceId.TryParse(word, out InstanceId id));
        return id;
    }

    private static long MiB(string word) => long.Parse(word, CultureInfo.InvariantCulture) * Limits.MiB;

    private static string Probe(string last) => $"did not answer its probe 3 times in a row, last: {last}";

    private static DeploymentId Id(string name) => new(name);

    private Digest Attempt(string name) => _bench.State.Workloads[Id(name)].Attempt!.Digest;

    private InstanceId Beside(string name) => _bench.State.Workloads[Id(name)].Current!.Id;

    private InstanceId Candidate(string name) => _bench.State.Workloads[Id(name)].Candidate!.Id;

    private static Blame BlameOf(string word) => Enum.Parse<Blame>(word, ignoreCase: true);

    private static Problem P(ErrorCode code, string text) => new(code.Code, text);

    private static Problem P(string text) => new("KEDGE-STORY-001", text);
}
