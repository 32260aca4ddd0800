using System.Collections.Immutable;
using Kedge.Onnx;

namespace Kedge.Examples.Bearing;

/// <summary>Writes a trained network as ONNX: <c>signal</c> [-1, 1024] float32 in g goes in, <c>probabilities</c>
/// [-1, 4] float32 and <c>label</c> [-1] int64 come out.</summary>
public static class ModelExport
{
    /// <summary>The bytes of the model file; the same for the same network.</summary>
    public static byte[] ToOnnx(BearingNetwork network) => OnnxWriter.Write(new OnnxGraphSpec
    {
        Name = "bearing",
        Producer = "kedge bearing example",
        Inputs = [OnnxValue.Tensor("signal", OnnxElementType.Float, -1, SignalGenerator.WindowSamples)],
        Outputs =
        [
            OnnxValue.Tensor("probabilities", OnnxElementType.Float, -1, SignalGenerator.ConditionCount),
            OnnxValue.Tensor("label", OnnxElementType.Int64, -1),
        ],
        Initializers = Constants(network),
        Nodes = Nodes(network),
    });

    private static ImmutableArray<OnnxTensor> Constants(BearingNetwork network)
    {
        ImmutableArray<OnnxTensor>.Builder constants = ImmutableArray.CreateBuilder<OnnxTensor>();
        constants.Add(OnnxTensor.Of("scale", [1], [network.Scale]));
        constants.Add(OnnxTensor.Of("channel_axis", [1], [1L]));
        for (int index = 0; index < network.Layers.Count; index++)
        {
            ConvolutionLayer layer = network.Layers[index];
            ConvolutionShape shape = layer.Shape;
            constants.Add(OnnxTensor.Of(
                $"conv{index}.weight", [shape.OutputChannels, shape.InputChannels, shape.Kernel], Transposed(layer)));
            constants.Add(OnnxTensor.Of($"conv{index}.bias", [shape.OutputChannels], layer.Biases.Values));
        }

        int channels = network.Dense.Values.Length / SignalGenerator.ConditionCount;
        constants.Add(OnnxTensor.Of(
            "dense.weight", [SignalGenerator.ConditionCount, channels], network.Dense.Values));
        constants.Add(OnnxTensor.Of("dense.bias", [SignalGenerator.ConditionCount], network.DenseBiases.Values));
        return constants.ToImmutable();
    }

    /// <summary>Here a kernel lies time first, in ONNX channel first.</summary>
    private static float[] Transposed(ConvolutionLayer layer)
    {
        (int inputs, int outputs, int kernel, _) = layer.Shape;
        float[] weights = new float[layer.Weights.Values.Length];
        for (int output = 0; output < outputs; output++)
        {
            for (int time = 0; time < kernel; time++)
            {
                for (int input = 0; input < inputs; input++)
                {
                    weights[(((output * inputs) + input) * kernel) + time] =
                        layer.Weights.Values[(((output * kernel) + time) * inputs) + input];
                }
            }
        }

        return weights;
    }

    private static ImmutableArray<OnnxNodeSpec> Nodes(BearingNetwork network)
    {
        ImmutableArray<OnnxNodeSpec>.Builder nodes = ImmutableArray.CreateBuilder<OnnxNodeSpec>();
        nodes.Add(new OnnxNodeSpec("Div", ["signal", "scale"], ["scaled"]));
        nodes.Add(new OnnxNodeSpec("Unsqueeze", ["scaled", "channel_axis"], ["windowed"]));
        string last = "windowed";
        for (int index = 0; index < network.Layers.Count; index++)
        {
            ConvolutionShape shape = network.Layers[index].Shape;
            nodes.Add(new OnnxNodeSpec(
                "Conv", [last, $"conv{index}.weight", $"conv{index}.bias"], [$"conv{index}"])
            {
                Attributes =
                [
                    new OnnxAttribute.Ints("kernel_shape", shape.Kernel),
                    new OnnxAttribute.Ints("strides", shape.Stride),
                ],
            });
            last = $"relu{index}";
            nodes.Add(new OnnxNodeSpec("Relu", [$"conv{index}"], [last]));
        }

        nodes.Add(new OnnxNodeSpec("GlobalAveragePool", [last], ["pooled"]));
        nodes.Add(new OnnxNodeSpec("Flatten", ["pooled"], ["mean"])
        {
            Attributes = [new OnnxAttribute.Int("axis", 1)],
        });
        nodes.Add(new OnnxNodeSpec("Gemm", ["mean", "dense.weight", "dense.bias"], ["logits"])
        {
            Attributes = [new OnnxAttribute.Int("transB", 1)],
        });
        nodes.Add(new OnnxNodeSpec("Softmax", ["logits"], ["probabilities"])
        {
            Attributes = [new OnnxAttribute.Int("axis", 1)],
        });
        nodes.Add(new OnnxNodeSpec("ArgMax", ["logits"], ["label"])
        {
            Attributes = [new OnnxAttribute.Int("axis", 1), new OnnxAttribute.Int("keepdims", 0)],
        });
        return nodes.ToImmutable();
    }
}
