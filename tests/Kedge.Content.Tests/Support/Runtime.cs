using Kedge.Core.Errors;
using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Content.Tests.Support;

/// <summary>Runs a model on the bare runtime.</summary>
internal static class Runtime
{
    /// <summary>All outputs of 32-bit floats by name, for inputs in the order that the model declares.</summary>
    public static Dictionary<string, float[]> Run(byte[] model, params (long[] Shape, float[] Values)[] inputs)
    {
        using OnnxSession session = OnnxSession.FromBytes(model, new OnnxSessionOptions { IntraOpThreads = 1 });
        InferenceCall call = new(session.Signature);
        call.WantAll(binary: false);
        for (int index = 0; index < inputs.Length; index++)
        {
            TensorSpec spec = session.Signature.Inputs[index];
            call.Inputs[index].Begin(spec.Name, spec.Type);
            Assert.True(call.Inputs[index].TryShape(inputs[index].Shape));
            inputs[index].Values.CopyTo(call.Inputs[index].Values<float>());
        }

        Finding? fault = session.Run(call);
        Assert.Null(fault);
        return call.Outputs.Where(static output => output.Type == TensorType.Float32).ToDictionary(
            output => output.Name, output => output.Values<float>().ToArray(), StringComparer.Ordinal);
    }

    /// <summary>Numbers around 0 that are a little like weights and activations.</summary>
    public static float[] Numbers(Random random, int count, double scale = 1)
    {
        float[] values = new float[count];
        for (int index = 0; index < count; index++)
        {
            double sum = 0;
            for (int part = 0; part < 6; part++)
            {
                sum += random.NextDouble() - 0.5;
            }

            values[index] = (float)(sum * scale);
        }

        return values;
    }
}
