using System.Globalization;
using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;
using Kedge.Inference.Tests.Serve;
using Kedge.Native;
using Kedge.Onnx;
using Xunit.Abstractions;

namespace Kedge.Inference.Tests.Sessions;

[Collection(AloneCollection.Name)]
public sealed class OnnxSharedWeightsTests(ITestOutputHelper output)
{
    private const int Width = 2048;
    private const int SessionsMore = 4;

    [Fact]
    public void A_second_session_of_the_same_weights_takes_next_to_no_memory_and_computes_the_same()
    {
        byte[] model = Dense();
        using OnnxSharedWeights weights = OnnxSharedWeights.FromBytes(model);
        Assert.Equal(1, weights.Count);
        OnnxSessionOptions alone = new() { IntraOpThreads = 1, UseArena = false };
        OnnxSessionOptions shared = alone with { Weights = weights };
        using OnnxSession first = OnnxSession.FromBytes(model, shared);
        using OnnxSession reference = OnnxSession.FromBytes(model, alone);
        float[] expected = Run(reference);
        Assert.Equal(expected, Run(first));

        long withOwn = Growth(model, alone, expected);
        long withShared = Growth(model, shared, expected);

        output.WriteLine(
            $"{SessionsMore} more sessions: {withOwn >> 20} MiB with their own weights, {withShared >> 20} MiB shared");

        // The weights alone are 16 MiB a session.
        Assert.True(withOwn > (14L << 20) * SessionsMore, $"own: {withOwn} bytes");
        Assert.True(withShared < (3L << 20) * SessionsMore, $"shared: {withShared} bytes, own: {withOwn} bytes");
    }

    [Fact]
    public void A_session_keeps_what_it_shares_when_others_let_go()
    {
        byte[] model = Dense();
        OnnxSharedWeights weights = OnnxSharedWeights.FromBytes(model);
        OnnxSessionOptions options = new() { IntraOpThreads = 1, Weights = weights };
        OnnxSession first = OnnxSession.FromBytes(model, options);
        using OnnxSession second = OnnxSession.FromBytes(model, options);
        float[] expected = Run(first);
        weights.Dispose();
        first.Dispose();
        Assert.Equal(expected, Run(second));
    }

    [Fact]
    public void What_is_no_model_has_no_weights()
    {
        Assert.Equal(
            "KEDGE-SERVE-004",
            Assert.Throws<KedgeException>(static () => OnnxSharedWeights.FromBytes("nothing"u8)).Finding.Code);
        Assert.Equal(
            "KEDGE-SERVE-004",
            Assert.Throws<KedgeException>(static () => OnnxSharedWeights.FromFile("/nonexistent")).Finding.Code);
    }

    private static float[] Run(OnnxSession session)
    {
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        Tensor input = call.Inputs[0];
        input.Begin("x", TensorType.Float32);
        Assert.True(input.TryShape([1, Width]));
        input.Values<float>().Fill(0.5f);
        Assert.Null(session.Run(call));
        return call.Outputs[0].Values<float>().ToArray();
    }

    private static byte[] Dense() => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "dense",
        Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, 1, Width)],
        Outputs = [OnnxValue.Tensor("y", OnnxElementType.Float, 1, Width)],
        Initializers =
        [
            OnnxTensor.Of(
                "W", [Width, Width], [.. Enumerable.Range(0, Width * Width).Select(static i => (i % 17) / 100f)]),
        ],
        Nodes = [new OnnxNodeSpec("MatMul", ["x", "W"], ["y"])],
    });

    /// <summary>What more sessions add to the memory of this process, in bytes.</summary>
    private static long Growth(byte[] model, OnnxSessionOptions options, float[] expected)
    {
        long before = Anonymous();
        OnnxSession[] more = [.. Enumerable.Range(0, SessionsMore).Select(_ => OnnxSession.FromBytes(model, options))];
        Assert.All(more, session => Assert.Equal(expected, Run(session)));
        long grown = Anonymous() - before;
        Array.ForEach(more, static session => session.Dispose());
        return grown;
    }

    /// <summary>Memory of this process that no file is behind, in bytes.</summary>
    private static long Anonymous()
    {
        // What tests before this one left behind goes first.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        ResidentMemory.GiveBack();
        string line = File.ReadLines("/proc/self/smaps_rollup").First(
            static line => line.StartsWith("Anonymous:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            * 1024;
    }
}
