using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Kedge.Core.Errors;

namespace Kedge.Onnx.Rewriting;

/// <summary>
/// Stores 32-bit weights in 16 bits (IEEE 754 binary16). Each is widened by one <c>Cast</c> at the beginning of the
/// graph, whose result has the weight's old name: whoever takes the weight, graphs within the graph and outputs
/// included, takes it as before, and all computing stays in 32 bits. The runtime does the casts once, when it loads
/// the model. A weight w becomes one within 2^-11 * max(|w|, 2^-14): half a unit in the last of 11 places, above the
/// smallest normal number. Weights that this would hurt stay as they are: those with an element beyond 65504, which
/// would become infinite, and those that lie below 2^-14 altogether, where the places run out.
/// </summary>
public static class HalfWeights
{
    private const float HalfMax = 65_504;
    private const float HalfNormalMin = 6.103515625e-5f;

    /// <summary>Rewrites a file. Never throws, whatever the bytes.</summary>
    public static RewriteOutcome Rewrite(ReadOnlyMemory<byte> file)
    {
        if (!EditableModel.TryRead(file, out EditableModel? model, out Finding? finding))
        {
            return new RewriteOutcome.Refused(finding);
        }

        // Without the standard's own operators there is no Cast.
        if (model.Opset < 6)
        {
            return new RewriteOutcome.Refused(OnnxErrors.NothingToRewrite.At(
                $"The model imports version {model.Opset} of the standard's operators, 6 is needed."));
        }

        model.Freeze();
        HashSet<string> overridable = new(model.Graph.Inputs, StringComparer.Ordinal);
        ImmutableArray<WeightReport>.Builder reports = ImmutableArray.CreateBuilder<WeightReport>();
        foreach (EditableInitializer weight in NarrowWeights.Candidates(model.Graph))
        {
            string reason = overridable.Contains(weight.Facts.Name)
                ? "a request may give it another value"
                : Narrow(model.Graph, weight);
            reports.Add(new WeightReport(
                weight.Facts.Name,
                reason.Length == 0 ? WeightTreatment.StoredHalf : WeightTreatment.Kept,
                weight.Elements,
                reason));
        }

        return NarrowWeights.Finish(model, reports.DrainToImmutable());
    }

    /// <summary>Puts a weight of half the size in the place of one; gives the reason where it does not.</summary>
    private static string Narrow(EditableGraph graph, EditableInitializer weight)
    {
        if (weight.Floats() is not { } values)
        {
            return "its elements are not in the file";
        }

        Half[] halves = new Half[values.Length];
        float largest = 0;
        for (int index = 0; index < values.Length; index++)
        {
            float magnitude = Math.Abs(values[index]);
            if (!(magnitude <= HalfMax))
            {
                return "an element is beyond 65504 or no number";
            }

            largest = Math.Max(largest, magnitude);
            halves[index] = (Half)values[index];
        }

        if (largest is > 0 and < HalfNormalMin)
        {
            return "its elements are too small for 16 bits";
        }

        string stored = graph.FreshName(weight.Facts.Name + "_fp16");
        byte[] raw = MemoryMarshal.AsBytes(halves.AsSpan()).ToArray();
        graph.Remove(weight);
        graph.Add(OnnxTensor.OfRaw(stored, OnnxElementType.Float16, weight.Facts.Dims, raw));
        graph.Begin(NarrowWeights.Widen(stored, weight.Facts.Name));
        return "";
    }
}
