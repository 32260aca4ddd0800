using System.Collections.Immutable;
using System.Text;
using Kedge.Core.Errors;
using Kedge.Inference.Graphs;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Tests.Graphs;

/// <summary>Makes graphs of a few lines and runs them.</summary>
internal static class GraphBench
{
    /// <summary>A graph of these steps; fields of a step as JSON, with single quotes.</summary>
    public static string Json(string inputs, string outputs, params ReadOnlySpan<string> steps) =>
        $"{{'schema': 1, 'inputs': [{inputs}], 'outputs': [{outputs}], 'steps': [{string.Join(", ", steps!)}]}}"
            .Replace('\'', '"');

    public static string Input(string name, string type, string shape) =>
        $"{{'name': '{name}', 'datatype': '{type}', 'shape': {shape}}}";

    public static ImmutableArray<Finding> Findings(string json, params ReadOnlySpan<(string, ModelSignature)> models)
    {
        if (!GraphSpec.TryParse(Encoding.UTF8.GetBytes(json), out GraphSpec? spec, out ImmutableArray<Finding> found))
        {
            return found;
        }

        GraphPlan.TryMake(spec, Parts(models), out _, out found);
        return found;
    }

    public static GraphSession Session(
        string json,
        ImmutableDictionary<string, IInferenceSession>? models = null,
        ImageDecoder? decoder = null,
        params ReadOnlySpan<string> labels)
    {
        models ??= ImmutableDictionary<string, IInferenceSession>.Empty;
        Assert.True(
            GraphSpec.TryParse(Encoding.UTF8.GetBytes(json), out GraphSpec? spec, out ImmutableArray<Finding> found),
            string.Join("\n", found));
        GraphParts parts = new()
        {
            Models = models.ToImmutableDictionary(static pair => pair.Key, static pair => pair.Value.Signature),
            Labels = ImmutableDictionary<string, ImmutableArray<ImmutableArray<byte>>>.Empty.Add(
                "labels.txt", [.. labels.ToArray().Select(static l => Encoding.UTF8.GetBytes(l).ToImmutableArray())]),
        };
        Assert.True(GraphPlan.TryMake(spec, parts, out GraphPlan? plan, out found), string.Join("\n", found));
        return new GraphSession(plan, models, decoder);
    }

    /// <summary>Runs it once, everything wanted.</summary>
    public static InferenceCall Run(IInferenceSession session, params ReadOnlySpan<Tensor> inputs)
    {
        InferenceCall call = Fill(session, inputs);
        Finding? fault = session.Run(call);
        Assert.Null(fault);
        return call;
    }

    public static InferenceCall Fill(IInferenceSession session, params ReadOnlySpan<Tensor> inputs)
    {
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: true);
        for (int i = 0; i < inputs.Length; i++)
        {
            call.Inputs[i].CopyFrom(inputs[i]);
        }

        return call;
    }

    public static Tensor Image(int height, int width, int channels)
    {
        byte[] pixels = new byte[height * width * channels];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int c = 0; c < channels; c++)
                {
                    pixels[(((y * width) + x) * channels) + c] =
                        (byte)((x * 7) + (y * 13) + (c * 29) + (x * y % 31 * 5));
                }
            }
        }

        return Tensor.Of<byte>("image", TensorType.UInt8, [height, width, channels], pixels);
    }

    public static float[] Numbers(int seed, int count, float from, float to)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => from + (random.NextSingle() * (to - from)))];
    }

    private static GraphParts Parts(ReadOnlySpan<(string Name, ModelSignature Signature)> models) => new()
    {
        Models = models.ToArray().ToImmutableDictionary(static one => one.Name, static one => one.Signature),
    };
}
