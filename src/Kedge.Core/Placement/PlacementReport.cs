using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Core.Placement;

/// <summary>Why each device was chosen for a deployment, or was not.</summary>
/// <param name="Verdicts">By device.</param>
public sealed record PlacementReport(ImmutableSortedDictionary<DeviceId, PlacementVerdict> Verdicts);

/// <summary>The answer for one deployment on one device.</summary>
[Closed]
public abstract record PlacementVerdict
{
    private PlacementVerdict()
    {
    }

    /// <summary>It runs there.</summary>
    /// <param name="Variants">The variant for each model, in the deployment's order.</param>
    /// <param name="Reasons">Why these, a sentence each.</param>
    public sealed record Chosen(ImmutableArray<VariantChoice> Variants, ImmutableArray<string> Reasons)
        : PlacementVerdict;

    /// <summary>It is not meant to run there.</summary>
    /// <param name="Reason">The condition that does not hold.</param>
    public sealed record NotMatched(string Reason) : PlacementVerdict;

    /// <summary>It is meant to run there but cannot.</summary>
    /// <param name="Findings">All that stands against it, at least one.</param>
    /// <param name="KeepsOld">True when the device goes on with the revision that it runs.</param>
    public sealed record Refused(ImmutableArray<Finding> Findings, bool KeepsOld) : PlacementVerdict;
}

/// <summary>The variant chosen for one model.</summary>
/// <param name="Model">Name under which it is served.</param>
/// <param name="Variant">Name of the variant.</param>
/// <param name="Accelerator">What it runs on.</param>
/// <param name="MemoryBytes">What it is measured to need, in bytes; 0 when unknown.</param>
public sealed record VariantChoice(string Model, string Variant, AcceleratorKind Accelerator, long MemoryBytes);
