using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Models;

namespace Kedge.Core.Placement;

/// <summary>
/// Chooses among the variants of one model that a device can run. The user's order of accelerators first. Of those on
/// the same accelerator the one that answers sooner, when all that are left were measured on the device's class of
/// hardware: a figure against none proves nothing, and figures of other hardware are no figures. Then the variant that
/// uses more of the processor, then the smaller one, then the name. Classes describe processors, so that only variants
/// for the processor are compared by figures.
/// </summary>
internal static class VariantContest
{
    /// <summary>The best one, with half a sentence that says why.</summary>
    /// <param name="preference">Accelerators, the one wanted most first.</param>
    /// <param name="possible">What the device can run, at least one.</param>
    /// <param name="hardware">The device's class; empty when it is not known.</param>
    internal static (ModelVariant Best, string Why) Best(
        ImmutableArray<AcceleratorKind> preference, IReadOnlyCollection<ModelVariant> possible, string hardware)
    {
        int first = possible.Min(v => preference.IndexOf(v.Accelerator));
        ModelVariant[] left = [.. possible.Where(v => preference.IndexOf(v.Accelerator) == first)];
        int measured = left.Count(v => Latency(v, hardware) > 0);
        bool byFigures = left.Length > 1 && measured == left.Length;
        ModelVariant[] order =
        [
            .. left
                .OrderBy(v => byFigures ? Latency(v, hardware) : 0)
                .ThenByDescending(v => v.IsaFeatures.Length)
                .ThenBy(v => v.MemoryOn(hardware))
                .ThenBy(v => v.Name, StringComparer.Ordinal),
        ];
        string which = possible.Count == 1
            ? $"{order[0].Name} is the only variant that fits"
            : $"{order[0].Name} is the best of {possible.Count} variants that fit";
        return (order[0], which + (byFigures ? Figures(order, hardware) : Unmeasured(left, measured, hardware)));
    }

    private static long Latency(ModelVariant variant, string hardware) =>
        variant.Accelerator == AcceleratorKind.Cpu ? variant.CostOn(hardware)?.LatencyUs ?? 0 : 0;

    private static string Figures(ModelVariant[] order, string hardware) => string.Create(
        CultureInfo.InvariantCulture,
        $": it answers in {Latency(order[0], hardware)} us on {hardware}, ")
        + string.Join(", ", order.Skip(1).Select(v => string.Create(
            CultureInfo.InvariantCulture, $"{v.Name} in {Latency(v, hardware)} us")));

    /// <summary>Says why figures that somebody measured did not count.</summary>
    private static string Unmeasured(ModelVariant[] left, int measured, string hardware) => measured == 0
        || left.Length == 1
        ? ""
        : $"; {string.Join(", ", left.Where(v => Latency(v, hardware) == 0).Select(static v => v.Name))} was not "
            + $"measured on {hardware}, so that figures do not count";
}
