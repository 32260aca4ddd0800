using System.Buffers;
using System.Text.Json;
using Kedge.Core;
using Kedge.Examples.Bearing;
using Kedge.Onnx;

namespace Kedge.Bench.Content;

/// <summary>
/// A classifier large enough to be worth a delta, trained here for real: the spectrum of the example's vibration
/// signals
/// through dense layers with rectifiers to the four conditions of a bearing. Plain stochastic gradient descent with
/// momentum, one sample at a time.
/// </summary>
internal sealed class ConditionNetwork
{
    /// <summary>Bins of the spectrum that go in.</summary>
    public const int Inputs = SignalGenerator.WindowSamples / 2;

    private const float Momentum = 0.9f;
    private readonly int[] _widths;
    private readonly float[][] _weights;
    private readonly float[][] _biases;
    private readonly float[][] _speeds;
    private readonly float[][] _values;
    private readonly float[][] _errors;

    /// <summary>An untrained network of these hidden widths.</summary>
    public ConditionNetwork(int[] hidden, Rng rng)
    {
        _widths = [Inputs, .. hidden, SignalGenerator.ConditionCount];
        int layers = _widths.Length - 1;
        _weights = [.. Enumerable.Range(0, layers).Select(i => new float[_widths[i] * _widths[i + 1]])];
        _biases = [.. Enumerable.Range(0, layers).Select(i => new float[_widths[i + 1]])];
        _speeds = [.. _weights.Select(each => new float[each.Length])];
        _values = [.. _widths.Select(width => new float[width])];
        _errors = [.. _widths.Select(width => new float[width])];
        for (int layer = 0; layer < layers; layer++)
        {
            double deviation = Math.Sqrt(2.0 / _widths[layer]); // He et al. 2015
            for (int index = 0; index < _weights[layer].Length; index++)
            {
                _weights[layer][index] = (float)(deviation * Gauss(rng));
            }
        }
    }

    private ConditionNetwork(ConditionNetwork other)
    {
        _widths = other._widths;
        _weights = [.. other._weights.Select(each => (float[])each.Clone())];
        _biases = [.. other._biases.Select(each => (float[])each.Clone())];
        _speeds = [.. _weights.Select(each => new float[each.Length])];
        _values = [.. _widths.Select(width => new float[width])];
        _errors = [.. _widths.Select(width => new float[width])];
    }

    /// <summary>The same network with values of its own.</summary>
    public ConditionNetwork Copy() => new(this);

    /// <summary>Trains on so many generated signals, each once.</summary>
    /// <param name="signals">What to learn from.</param>
    /// <param name="rate">Step width of the first signal; it falls to a tenth at the last.</param>
    /// <param name="fromLayer">The first layer that learns; those below stay as they are.</param>
    public void Train(IReadOnlyList<Spectrum> signals, float rate, int fromLayer = 0)
    {
        for (int step = 0; step < signals.Count; step++)
        {
            float now = rate * (1 - (0.9f * step / signals.Count));
            Learn(signals[step], now, fromLayer);
        }
    }

    /// <summary>The part of signals that it names rightly, 0..1.</summary>
    public double Accuracy(IReadOnlyList<Spectrum> signals) =>
        signals.Count(signal => Classify(signal.Bins) == signal.Label) / (double)signals.Count;

    /// <summary>Adds noise of <paramref name="scale"/> times its layer's deviation to every weight.</summary>
    public ConditionNetwork WithNoise(double scale, Rng rng)
    {
        ConditionNetwork noisy = Copy();
        foreach (float[] weights in noisy._weights)
        {
            double deviation = Math.Sqrt(weights.Average(static w => (double)w * w));
            for (int index = 0; index < weights.Length; index++)
            {
                weights[index] += (float)(scale * deviation * Gauss(rng));
            }
        }

        return noisy;
    }

    /// <summary>The model file: <c>spectrum</c> [-1, 512] float32 in, <c>label</c> [-1] int64 out.</summary>
    public byte[] ToOnnx()
    {
        List<OnnxTensor> constants = [];
        List<OnnxNodeSpec> nodes = [];
        string last = "spectrum";
        for (int layer = 0; layer < _weights.Length; layer++)
        {
            constants.Add(OnnxTensor.Of(
                $"dense{layer}.weight", [_widths[layer + 1], _widths[layer]], _weights[layer]));
            constants.Add(OnnxTensor.Of($"dense{layer}.bias", [_widths[layer + 1]], _biases[layer]));
            nodes.Add(new OnnxNodeSpec(
                "Gemm", [last, $"dense{layer}.weight", $"dense{layer}.bias"], [$"dense{layer}"])
            {
                Attributes = [new OnnxAttribute.Int("transB", 1)],
            });
            last = $"dense{layer}";
            if (layer < _weights.Length - 1)
            {
                nodes.Add(new OnnxNodeSpec("Relu", [last], [$"relu{layer}"]));
                last = $"relu{layer}";
            }
        }

        nodes.Add(new OnnxNodeSpec("ArgMax", [last], ["label"])
        {
            Attributes = [new OnnxAttribute.Int("axis", 1), new OnnxAttribute.Int("keepdims", 0)],
        });
        return OnnxWriter.Write(new OnnxGraphSpec
        {
            Name = "condition",
            Producer = "kedge bench",
            Inputs = [OnnxValue.Tensor("spectrum", OnnxElementType.Float, -1, Inputs)],
            Outputs = [OnnxValue.Tensor("label", OnnxElementType.Int64, -1)],
            Initializers = [.. constants],
            Nodes = [.. nodes],
        });
    }

    /// <summary>Golden samples: what this network says of some signals.</summary>
    public byte[] Golden(IEnumerable<Spectrum> signals)
    {
        ArrayBufferWriter<byte> bytes = new();
        using Utf8JsonWriter json = new(bytes);
        json.WriteStartObject();
        json.WriteNumber("schema", 1);
        json.WriteNumber("minimumAgreement", 0.5);
        json.WriteStartArray("samples");
        foreach (Spectrum signal in signals)
        {
            json.WriteStartObject();
            json.WriteStartArray("inputs");
            Tensor(json, "spectrum", "FP32", [1, Inputs], signal.Bins);
            json.WriteEndArray();
            json.WriteStartArray("outputs");
            Tensor(json, "label", "INT64", [1], [Classify(signal.Bins)]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }

    private static void Tensor(Utf8JsonWriter json, string name, string type, int[] shape, ReadOnlySpan<float> data)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteStartArray("shape");
        foreach (int extent in shape)
        {
            json.WriteNumberValue(extent);
        }

        json.WriteEndArray();
        json.WriteString("datatype", type);
        json.WriteStartArray("data");
        foreach (float value in data)
        {
            json.WriteNumberValue(value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private int Classify(ReadOnlySpan<float> bins)
    {
        Forward(bins);
        return Array.IndexOf(_values[^1], _values[^1].Max());
    }

    private void Forward(ReadOnlySpan<float> bins)
    {
        bins.CopyTo(_values[0]);
        for (int layer = 0; layer < _weights.Length; layer++)
        {
            float[] into = _values[layer + 1];
            ReadOnlySpan<float> weights = _weights[layer];
            for (int output = 0; output < into.Length; output++)
            {
                float sum = _biases[layer][output] + VectorLoops.Dot(
                    weights.Slice(output * _widths[layer], _widths[layer]), _values[layer]);
                into[output] = layer < _weights.Length - 1 ? Math.Max(0, sum) : sum;
            }
        }
    }

    private void Learn(Spectrum signal, float rate, int fromLayer)
    {
        Forward(signal.Bins);
        SoftMax(_values[^1], _errors[^1]);
        _errors[^1][signal.Label] -= 1;
        for (int layer = _weights.Length - 1; layer >= fromLayer; layer--)
        {
            float[] errors = _errors[layer + 1];
            float[] below = _errors[layer];
            below.AsSpan().Clear();
            for (int output = 0; output < errors.Length; output++)
            {
                VectorLoops.Step(
                    (_weights[layer].AsMemory(output * _widths[layer], _widths[layer]),
                        _speeds[layer].AsMemory(output * _widths[layer], _widths[layer])),
                    _values[layer], below, errors[output], (Momentum, rate));
                _biases[layer][output] -= rate * errors[output];
            }

            for (int input = 0; input < below.Length; input++)
            {
                below[input] = _values[layer][input] > 0 ? below[input] : 0;
            }
        }
    }

    private static void SoftMax(float[] values, float[] into)
    {
        float largest = values.Max();
        float sum = 0;
        for (int index = 0; index < values.Length; index++)
        {
            into[index] = MathF.Exp(values[index] - largest);
            sum += into[index];
        }

        for (int index = 0; index < into.Length; index++)
        {
            into[index] /= sum;
        }
    }

    /// <summary>A normal deviate (Box and Muller 1958).</summary>
    private static double Gauss(Rng rng) =>
        Math.Sqrt(-2 * Math.Log(1 - rng.Fraction())) * Math.Cos(2 * Math.PI * rng.Fraction());
}
