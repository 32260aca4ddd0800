using Kedge.Onnx;

namespace Kedge.ControlPlane.Tests.Content;

/// <summary>ONNX files with weights as a training leaves them: normal, float32, other ones from another seed.</summary>
internal static class WeightFiles
{
    private const int Layers = 4;

    /// <summary>A file of four layers.</summary>
    /// <param name="seed">Which training.</param>
    /// <param name="elements">Floats of each layer.</param>
    /// <param name="noise">Size of what a fine-tuning moves the weights by, beside their own of 1; 0 for none.</param>
    /// <param name="changed">How many layers, from the last one on, the fine-tuning changes.</param>
    public static byte[] Make(int seed, int elements, double noise = 0, int changed = Layers)
    {
        Random weights = new(seed);
        Random moved = new(seed + 1000);
        List<OnnxTensor> tensors = [];
        List<OnnxNodeSpec> nodes = [];
        for (int layer = 0; layer < Layers; layer++)
        {
            float[] values = new float[elements];
            double scale = layer >= Layers - changed ? noise : 0;
            for (int index = 0; index < elements; index++)
            {
                values[index] = (float)(Normal(weights) + (scale * Normal(moved)));
            }

            tensors.Add(OnnxTensor.Of($"w{layer}", [elements], values));
            nodes.Add(new OnnxNodeSpec("Add", [layer == 0 ? "x" : $"h{layer}", $"w{layer}"], [$"h{layer + 1}"]));
        }

        return OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "weights",
            Inputs = [OnnxValue.Tensor("x", OnnxElementType.Float, -1, elements)],
            Outputs = [OnnxValue.Tensor($"h{Layers}", OnnxElementType.Float, -1, elements)],
            Initializers = [.. tensors],
            Nodes = [.. nodes],
        });
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
