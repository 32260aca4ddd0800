using System.Collections.Immutable;
using System.Globalization;
using Kedge.Core.Measure;
using Kedge.Inference.Golden;
using Kedge.Inference.Tensors;
using Kedge.Inference.Values;

namespace Kedge.Inference.Tests.Golden;

public sealed class ReferenceTests
{
    [Fact]
    public void Each_numeric_tensor_of_enough_samples_has_a_reference_inputs_first()
    {
        GoldenSample[] samples =
        [
            .. Enumerable.Range(0, 40).Select(static i => new GoldenSample(
                [
                    Tensor.OfText("words", [1], ["a"]),
                    Tensor.Of<float>("x", TensorType.Float32, [1, 200], [.. Enumerable.Repeat((float)i, 200)]),
                ],
                [
                    Tensor.Of<long>("label", TensorType.Int64, [1], [i % 2]),
                    .. i < 10 ? [Tensor.Of<float>("rare", TensorType.Float32, [1], [1])] : Array.Empty<Tensor>(),
                ])),
        ];
        ImmutableArray<ValueReference> references = ReferenceRecorder.Record(samples);
        Assert.Equal([(true, "x"), (false, "label")], references.Select(static r => (r.IsInput, r.Name)));
        Assert.All(references, static r => Assert.Equal(40, r.Samples));
        Assert.Equal([0, 20, 20, 0, 0], references[1].Counts.ToArray());
        Assert.Equal(40 * ValueSampler.ValuesMax, references[0].Counts.ToArray().Sum());
        Assert.Empty(ReferenceRecorder.Record(samples[..19]));
    }

    [Fact]
    public void Values_of_every_numeric_type_are_taken_at_even_distances()
    {
        foreach (TensorType type in Enum.GetValues<TensorType>().Where(ValueSampler.IsNumeric))
        {
            int width = TensorTypes.ElementBytes(type);
            byte[] bytes = new byte[width * 200];
            bytes.AsSpan(width * 3, width).Fill(1);
            Tensor tensor = Tensor.Of<byte>(
                type.ToString(), type, [200L], bytes);
            double[] values = new double[ValueSampler.ValuesMax];
            Assert.Equal(ValueSampler.ValuesMax, ValueSampler.Take(tensor, values));
            Assert.True(values[1] > 0, string.Create(CultureInfo.InvariantCulture, $"{type} {values[1]}"));
            Assert.All(values[2..], static v => Assert.Equal(0, v));
        }

        Assert.Equal(0, ValueSampler.Take(Tensor.OfText("t", [1], ["a"]), new double[ValueSampler.ValuesMax]));
    }
}
