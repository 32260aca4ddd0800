using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Core.Fleet;

namespace Kedge.Core.Models;

/// <summary>
/// The part of <see cref="PackageManifestCheck"/> that looks at what was measured and allowed of a variant.
/// </summary>
internal static class VariantChecks
{
    internal static void Costs(ModelVariant variant, string at, ImmutableArray<Finding>.Builder findings)
    {
        if (variant.Costs.Length > ModelLimits.CostsMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {variant.Costs.Length} costs; at most {ModelLimits.CostsMax} are allowed.", at + ".costs"));
        }

        HashSet<string> classes = new(StringComparer.Ordinal);
        for (int index = 0; index < variant.Costs.Length; index++)
        {
            VariantCost cost = variant.Costs[index];
            if (!HardwareClass.IsValid(cost.Hardware) || !classes.Add(cost.Hardware))
            {
                findings.Add(ModelErrors.Cost.At(
                    "A class of hardware is a word as x64-avx2, given once.", $"{at}.costs[{index}].hardware"));
            }

            if (cost.LatencyUs is < 1 or > ModelLimits.LatencyUsMax
                || cost.MemoryBytes is < 0 or > ModelLimits.MemoryBytesMax)
            {
                findings.Add(ModelErrors.Cost.At(
                    $"A time must be 1 to {ModelLimits.LatencyUsMax} microseconds, memory 0 to "
                    + $"{ModelLimits.MemoryBytesMax} bytes.",
                    $"{at}.costs[{index}]"));
            }
        }
    }

    internal static void Tolerance(ModelVariant variant, string at, ImmutableArray<Finding>.Builder findings)
    {
        if (variant.Tolerance is { IsValid: false })
        {
            findings.Add(ModelErrors.Tolerance.At(
                "Tolerances must be 0 or above, the agreement above 0 and at most 1.", at + ".tolerance"));
        }
    }
}
