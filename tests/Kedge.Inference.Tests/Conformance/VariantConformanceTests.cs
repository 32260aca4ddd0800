using Kedge.Core.Errors;
using Kedge.Inference.Golden;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Onnx.Rewriting;
using Kedge.Tests.Support;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>
/// The light networks of the ONNX conformance data after rewriting. Their weights are computed by the graph from next
/// to nothing, so the runtime computes and saves them first.
/// </summary>
public sealed class VariantConformanceTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("inception_v1")]
    [InlineData("shufflenet")]
    [InlineData("squeezenet")]
    public void A_light_network_gives_its_recorded_output_with_its_weights_in_fewer_bits(string network)
    {
        if (FromElsewhere.Find(
            "onnx-conformance/light", $"the light network {network} in fewer bits", output.WriteLine) is not { } data)
        {
            return;
        }

        using TemporaryFolder folder = new();
        string saved = Path.Combine(folder.Path, "saved.onnx");
        string original = Path.Combine(data, $"light_{network}.onnx");
        using (OnnxSession.FromFile(
            original,
            new OnnxSessionOptions { IntraOpThreads = 1, GraphLevel = OnnxGraphLevel.Basic, SavesGraphTo = saved }))
        {
        }

        Finding? fault = SavedGraph.Mend(
            File.ReadAllBytes(saved), File.ReadAllBytes(original), out ReadOnlyMemory<byte> file);
        Assert.Null(fault);
        byte[] half = Assert.IsType<RewriteOutcome.Rewritten>(HalfWeights.Rewrite(file)).File;
        byte[] bytes = Assert.IsType<RewriteOutcome.Rewritten>(QuantizedWeights.Rewrite(file)).File;
        output.WriteLine($"{network}: {file.Length} bytes, {half.Length} in 16 bits, {bytes.Length} in 8 bits");
        Assert.InRange(half.Length, 0, file.Length * 0.6);
        Assert.InRange(bytes.Length, 0, file.Length * 0.4);
        byte[] expected = File.ReadAllBytes(Path.Combine(data, $"light_{network}_output_0.pb"));
        Assert.Null(Difference(half, expected));
        Assert.Null(Difference(bytes, expected));
    }

    private static string? Difference(byte[] model, byte[] expected)
    {
        using OnnxSession session = OnnxSession.FromBytes(model, new OnnxSessionOptions());
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Tensor image = call.Inputs[0];
        image.Begin(session.Signature.Inputs[0].Name, TensorType.Float32);
        Assert.True(image.TryShape([1, 3, 224, 224]));
        for (int index = 0; index < image.ElementCount; index++)
        {
            image.Values<float>()[index] = (float)((double)index / image.ElementCount);
        }

        Finding? fault = session.Run(call);
        Assert.Null(fault);
        Tensor recorded = TensorProto.Read(session.Signature.Outputs[0].Name, expected);
        return TensorComparison.Difference(recorded, call.Outputs[0], absolute: 1e-6, relative: 1e-3);
    }
}
