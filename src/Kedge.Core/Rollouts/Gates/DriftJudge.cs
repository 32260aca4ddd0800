using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Deployments;
using Kedge.Core.Desired;
using Kedge.Core.Errors;
using Kedge.Core.Measure;
using Kedge.Core.Models;

namespace Kedge.Core.Rollouts.Gates;

/// <summary>One tensor of a deployment that is counted.</summary>
/// <param name="Label">Its name, after that of its model where there are several.</param>
/// <param name="Tensor">What its package says of it.</param>
public sealed record DriftReference(string Label, ValueReference Tensor);

/// <summary>
/// Judges how far what devices see and answer is from what the packages of the new revision were made for. The index
/// and its bounds are those of <see cref="ValueDrift"/>; the probabilities are shared out as in
/// <see cref="HealthGate"/>: a release whose values keep a limit is condemned by it with a probability of at most
/// <see cref="HealthGate.FalseAlarmMax"/> per rollout, shared by its tensors; half of it for all that was ever seen,
/// and half for stretches of one window each.
/// </summary>
public static class DriftJudge
{
    private const int DevicesNamedMax = 3;

    /// <summary>The tensors that every device counts, in the order in which it tells them.</summary>
    /// <param name="spec">The deployment.</param>
    /// <param name="packages">Manifests, at least of the packages that it names and that are known.</param>
    public static ImmutableArray<DriftReference> References(
        DeploymentSpec spec, IReadOnlyDictionary<Digest, PackageManifest> packages) =>
        [.. spec.Served.SelectMany(m => Of(m, spec, packages)).Take(ValueReference.TensorsMax)];

    /// <summary>What a gate on drift asks for and the packages do not have; empty when all is well.</summary>
    /// <param name="spec">The deployment, packages resolved.</param>
    /// <param name="packages">Manifests of its packages.</param>
    /// <param name="line">Where the deployment stands in the manifest, from 1; 0 for nowhere.</param>
    public static ImmutableArray<Finding> Findings(
        DeploymentSpec spec, IReadOnlyDictionary<Digest, PackageManifest> packages, int line)
    {
        if (spec.Strategy.Gates.Drift is not { } gate)
        {
            return [];
        }

        ImmutableArray<Finding>.Builder findings = ImmutableArray.CreateBuilder<Finding>();
        foreach (ModelChoice model in spec.Served.Where(m => !Of(m, spec, packages).Any()))
        {
            findings.Add(RolloutErrors.ReferenceMissing.At(
                $"{spec.Id}: {model.Package} has no reference", "spec.strategy.gates.drift", line));
        }

        ImmutableArray<DriftReference> all = References(spec, packages);
        foreach ((string field, bool isInput) in Limits(gate).Select(static l => (l.Field, l.IsInput)))
        {
            if (findings.Count == 0 && !all.Any(r => r.Tensor.IsInput == isInput))
            {
                findings.Add(RolloutErrors.ReferenceMissing.At(
                    $"{spec.Id}: no {(isInput ? "input" : "output")} of its packages has a reference",
                    $"spec.strategy.gates.drift.{field}", line));
            }
        }

        return findings.ToImmutable();
    }

    /// <summary>What each limit says; empty without one, or while nobody has the target.</summary>
    /// <param name="gates">The gates.</param>
    /// <param name="members">Devices that the rollout may reach, names unique.</param>
    /// <param name="target">The revision on trial.</param>
    /// <param name="startedAtMs">When the rollout began or was resumed, Unix ms.</param>
    /// <param name="references">As <see cref="References"/> gives them.</param>
    public static ImmutableArray<GateReading> Read(
        GatesSpec gates, IReadOnlyList<RolloutMember> members, long target, long startedAtMs,
        ImmutableArray<DriftReference> references)
    {
        if (gates.Drift is not { } gate || !members.Any(m => m.Held == target))
        {
            return [];
        }

        List<(DeviceId Device, FigureWindow Window)> told =
        [
            .. members.Where(m => m.Held == target).SelectMany(m => m.Figures
                .Where(w => w.Release == m.Release && Fits(w.Values, references)).Select(w => (m.Device, w))),
        ];
        Look whole = new(told, references, 0.5);
        long windowMs = (long)gates.Window.TotalMilliseconds;
        List<Look> looks =
        [
            whole,
            .. told.Where(static t => t.Window.Folded == 0)
                .GroupBy(t => Math.Clamp((t.Window.HeardMs - startedAtMs) / windowMs, 0, int.MaxValue - 1))
                .OrderBy(static g => g.Key)
                .Select(g => new Look([.. g], references, 3 / (Math.PI * Math.PI * (g.Key + 1) * (g.Key + 1)))),
        ];
        return [.. Limits(gate).Select(l => Read(l.IsInput, l.Permille, gate.MinRequests, looks, references))];
    }

    private static IEnumerable<DriftReference> Of(
        ModelChoice model, DeploymentSpec spec, IReadOnlyDictionary<Digest, PackageManifest> packages) =>
        packages.TryGetValue(model.Digest, out PackageManifest? manifest)
        && ValueReference.TryParse(manifest.Reference, out ImmutableArray<ValueReference> tensors)
            ? tensors.Select(t => new DriftReference(
                spec.Served.Length == 1 ? t.Name : $"{WorkloadModel.KeyOf(model.Name, model.Version)}/{t.Name}", t))
            : [];

    private static IEnumerable<(string Field, bool IsInput, int Permille)> Limits(DriftGate gate)
    {
        if (gate.MaxInputsPermille is { } inputs)
        {
            yield return ("maxInputs", true, inputs);
        }

        if (gate.MaxOutputsPermille is { } outputs)
        {
            yield return ("maxOutputs", false, outputs);
        }
    }

    private static bool Fits(ValueTally values, ImmutableArray<DriftReference> references) =>
        values.Tensors.Length > 0 && values.Tensors.Length == references.Length
        && values.Tensors.Zip(references).All(static p => p.First.Bins.Length == p.Second.Tensor.Counts.Length);

    private static GateReading Read(
        bool isInput, int permille, long minRequests, List<Look> looks, ImmutableArray<DriftReference> references)
    {
        string gate = isInput ? "drift of inputs" : "drift of outputs";
        int[] judged = [.. Enumerable.Range(0, references.Length).Where(i => references[i].Tensor.IsInput == isInput)];
        if (judged.Length == 0)
        {
            return new GateReading(
                gate, GateStanding.Passing, "cannot be judged: the packages have no reference for any");
        }

        double alpha = HealthGate.FalseAlarmMax / judged.Length;
        double limit = permille / 1000.0;
        foreach (Look look in looks)
        {
            foreach (int i in judged.Where(i => look.Sum.Tensors.Length > 0 && look.Index(i) > limit))
            {
                double least = look.AtLeast(i, alpha);
                if (least > limit)
                {
                    return new GateReading(gate, GateStanding.Failed, string.Create(
                        CultureInfo.InvariantCulture,
                        $"{references[i].Label}: PSI {look.Index(i):0.00} over {look.Where(i)}, at least {least:0.00} ")
                        + $"beyond doubt, {Limit(limit)} may be");
                }
            }
        }

        Look whole = looks[0];
        long seen = whole.Sum.Tensors.Length == 0 ? 0 : judged.Max(i => whole.Sum.Tensors[i].Samples);
        if (seen < minRequests)
        {
            return new GateReading(gate, GateStanding.Waiting, string.Create(
                CultureInfo.InvariantCulture, $"{seen:N0} requests looked at of at least {minRequests:N0}"));
        }

        int farthest = judged.Where(i => whole.Sum.Tensors[i].Samples > 0).MaxBy(whole.Index);
        double index = whole.Index(farthest);
        return new GateReading(gate, GateStanding.Passing, string.Create(
            CultureInfo.InvariantCulture,
            $"{references[farthest].Label} is farthest: PSI {index:0.00} over {whole.Where(farthest)}, ")
            + (index > limit ? "which chance may explain; " : "") + $"{Limit(limit)} may be");
    }

    private static string Limit(double limit) => string.Create(CultureInfo.InvariantCulture, $"{limit:0.###}");

    /// <summary>What was seen in some windows, and with which share of the probability it is judged.</summary>
    private sealed class Look(
        List<(DeviceId Device, FigureWindow Window)> windows, ImmutableArray<DriftReference> references, double share)
    {
        public ValueTally Sum { get; } = ValueTally.Merge(windows.Select(static w => w.Window.Values));

        public double Index(int tensor) => ValueDrift.Index(references[tensor].Tensor, Sum.Tensors[tensor]);

        public double AtLeast(int tensor, double alpha) =>
            ValueDrift.AtLeast(references[tensor].Tensor, Sum.Tensors[tensor], alpha, share);

        public string Where(int tensor)
        {
            DeviceId[] devices = [.. windows.Select(static w => w.Device).Distinct().Order()];
            string named = devices.Length <= DevicesNamedMax
                ? string.Join(", ", devices)
                : string.Create(CultureInfo.InvariantCulture, $"{devices.Length} devices");
            return string.Create(
                CultureInfo.InvariantCulture, $"{Sum.Tensors[tensor].Samples:N0} requests on {named}");
        }
    }
}
