using System.Collections.Immutable;
using Kedge.Core.Measure;
using Kedge.Inference.Golden;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Values;

/// <summary>
/// Makes a package's reference of samples that stand for what the model will see: how the values of each input and of
/// each expected output are spread.
/// </summary>
public static class ReferenceRecorder
{
    /// <summary>
    /// The references of the tensors that the samples hold, inputs first, at most
    /// <see cref="ValueReference.TensorsMax"/>; none of texts, and none of a tensor that fewer than
    /// <see cref="ValueReference.SamplesMin"/> samples hold.
    /// </summary>
    public static ImmutableArray<ValueReference> Record(IReadOnlyList<GoldenSample> samples) =>
    [
        .. Of(true, samples.SelectMany(static s => s.Inputs))
            .Concat(Of(false, samples.SelectMany(static s => s.Outputs)))
            .Take(ValueReference.TensorsMax),
    ];

    private static IEnumerable<ValueReference> Of(bool isInput, IEnumerable<Tensor> tensors) => tensors
        .Where(static t => ValueSampler.IsNumeric(t.Type) && t.ElementCount > 0)
        .GroupBy(static t => t.Name, StringComparer.Ordinal)
        .Select(g => ValueReference.Of(isInput, g.Key, [.. g.Select(Values)]))
        .OfType<ValueReference>();

    private static double[] Values(Tensor tensor)
    {
        double[] values = new double[ValueSampler.ValuesMax];
        return values[..ValueSampler.Take(tensor, values)];
    }
}
