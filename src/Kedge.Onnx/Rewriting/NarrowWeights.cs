using System.Collections.Immutable;

namespace Kedge.Onnx.Rewriting;

/// <summary>What all rewritings that store weights in fewer bits have in common.</summary>
internal static class NarrowWeights
{
    /// <summary>Weights that are worth it: 32-bit floats, of a name that only they have.</summary>
    public static ImmutableArray<EditableInitializer> Candidates(EditableGraph graph) =>
    [
        .. graph.Initializers
            .GroupBy(static initializer => initializer.Facts.Name, StringComparer.Ordinal)
            .Where(static group => group.Key.Length > 0 && group.Count() == 1)
            .Select(static group => group.First())
            .Where(static initializer => initializer.Facts.ElementType == OnnxElementType.Float
                && initializer.Elements >= OnnxLimits.NarrowedElementsMin),
    ];

    /// <summary>The operation that makes 32-bit floats of numbers in fewer bits.</summary>
    public static OnnxNodeSpec Widen(string from, string to) => new("Cast", [from], [to])
    {
        Attributes = [new OnnxAttribute.Int("to", (long)OnnxElementType.Float)],
    };

    /// <summary>Writes the file, if anything became smaller.</summary>
    public static RewriteOutcome Finish(EditableModel model, ImmutableArray<WeightReport> reports)
    {
        if (reports.All(static report => report.Treatment == WeightTreatment.Kept))
        {
            WeightReport? largest = reports.MaxBy(static report => report.Elements);
            return new RewriteOutcome.Refused(OnnxErrors.NothingToRewrite.At(largest is null
                ? $"No weight of 32-bit floats has {OnnxLimits.NarrowedElementsMin} elements."
                : $"The largest weight, '{largest.Name}', is kept: {largest.Reason}."));
        }

        return model.Write() is { } file
            ? new RewriteOutcome.Rewritten(file, reports)
            : new RewriteOutcome.Refused(OnnxErrors.NotRewritable.At(
                $"The result would have more than {OnnxLimits.ModelBytesMax} bytes."));
    }
}
