using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Kedge.Core.Errors;
using Kedge.Inference.Graphs.Steps;
using Kedge.Inference.Sessions;

namespace Kedge.Inference.Graphs;

/// <summary>
/// A graph whose steps were checked against each other, against its models and its labels, before anything was run: it
/// leaves no choice to whoever runs it. Slot i of a run holds value i: first the graph's inputs, then what the steps
/// make, in order. Only the steps that the wanted outputs need are run.
/// </summary>
public sealed class GraphPlan
{
    internal GraphPlan(ModelSignature signature) => Signature = signature;

    internal ImmutableArray<GraphStep> Steps { get; init; } = [];

    /// <summary>Slot of each output.</summary>
    internal ImmutableArray<int> OutputSlots { get; init; } = [];

    /// <summary>For each output, bit i for step i that it needs.</summary>
    internal ImmutableArray<ulong> Needs { get; init; } = [];

    internal int SlotCount { get; init; }

    /// <summary>What the graph takes and gives.</summary>
    public ModelSignature Signature { get; }

    /// <summary>Names of the models that it runs, in order of their first step.</summary>
    public ImmutableArray<string> Models =>
        [.. Steps.OfType<ModelStep>().Select(static step => step.Model).Distinct(StringComparer.Ordinal)];

    /// <summary>Checks a graph; false with everything that is wrong.</summary>
    public static bool TryMake(
        GraphSpec spec,
        GraphParts parts,
        [NotNullWhen(true)] out GraphPlan? plan,
        out ImmutableArray<Finding> findings)
    {
        GraphPlanner planner = new(spec, parts);
        plan = planner.Plan();
        findings = planner.Findings;
        return plan is not null;
    }
}
