using Kedge.Core;

namespace Kedge.Examples.Bearing;

/// <summary>
/// The classifier: the signal divided by a fixed scale, three convolutions over time with rectifiers, the mean over
/// time, one dense layer, softmax. The first layer learns to see the ringing, the second its envelope, the third how
/// strikes follow one another. Holds the values of the last sample, so it is used by one thread at a time.
/// </summary>
public sealed class BearingNetwork
{
    private static readonly ConvolutionShape[] Shapes = [new(1, 8, 32, 4), new(8, 16, 16, 2), new(16, 24, 16, 2)];

    private readonly ConvolutionLayer[] _layers;
    private readonly float[] _scaled = new float[SignalGenerator.WindowSamples];
    private readonly float[] _mean;
    private readonly float[] _probabilities = new float[SignalGenerator.ConditionCount];

    /// <summary>An untrained network.</summary>
    /// <param name="scale">What signals are divided by: the root mean square of the training signals.</param>
    /// <param name="rng">Where the first weights come from.</param>
    public BearingNetwork(float scale, Rng rng)
    {
        Scale = scale;
        _layers = new ConvolutionLayer[Shapes.Length];
        int times = SignalGenerator.WindowSamples;
        for (int index = 0; index < Shapes.Length; index++)
        {
            _layers[index] = new ConvolutionLayer(times, Shapes[index], rng);
            times = _layers[index].OutputTimes;
        }

        _mean = new float[Shapes[^1].OutputChannels];
        Dense = new AdamParameters(_mean.Length * SignalGenerator.ConditionCount);
        DenseBiases = new AdamParameters(SignalGenerator.ConditionCount);
        double bound = Math.Sqrt(6.0 / _mean.Length);
        for (int index = 0; index < Dense.Values.Length; index++)
        {
            Dense.Values[index] = (float)(bound * ((2 * rng.Fraction()) - 1));
        }
    }

    /// <summary>What signals are divided by.</summary>
    public float Scale { get; }

    internal IReadOnlyList<ConvolutionLayer> Layers => _layers;

    /// <summary>[condition, channel] float32.</summary>
    internal AdamParameters Dense { get; }

    /// <summary>[condition] float32.</summary>
    internal AdamParameters DenseBiases { get; }

    /// <summary>The probability of each condition, [4] float32, 0..1; overwritten by the next call.</summary>
    /// <param name="samples">[1024] float32.</param>
    public ReadOnlySpan<float> Forward(ReadOnlySpan<float> samples)
    {
        Check.That(samples.Length == SignalGenerator.WindowSamples);
        for (int index = 0; index < samples.Length; index++)
        {
            _scaled[index] = samples[index] / Scale;
        }

        float[] values = _scaled;
        foreach (ConvolutionLayer layer in _layers)
        {
            values = layer.Forward(values);
        }

        Array.Clear(_mean);
        int times = _layers[^1].OutputTimes;
        for (int time = 0; time < times; time++)
        {
            VectorMath.AddScaled(_mean, 1f / times, values.AsSpan(time * _mean.Length, _mean.Length));
        }

        Softmax();
        return _probabilities;
    }

    /// <summary>The condition that <see cref="Forward"/> finds likeliest.</summary>
    public BearingCondition Classify(ReadOnlySpan<float> samples)
    {
        ReadOnlySpan<float> probabilities = Forward(samples);
        int best = 0;
        for (int index = 1; index < probabilities.Length; index++)
        {
            best = probabilities[index] > probabilities[best] ? index : best;
        }

        return (BearingCondition)best;
    }

    /// <summary>Adds one signal to the gradient of the cross entropy; gives its loss in nats.</summary>
    internal double Learn(ReadOnlySpan<float> samples, BearingCondition truth)
    {
        _ = Forward(samples);
        double loss = -Math.Log(Math.Max(1e-12, _probabilities[(int)truth]));
        float[] meanGradient = new float[_mean.Length];
        for (int condition = 0; condition < _probabilities.Length; condition++)
        {
            float gradient = _probabilities[condition] - (condition == (int)truth ? 1 : 0);
            DenseBiases.Gradient[condition] += gradient;
            Span<float> row = Dense.Gradient.AsSpan(condition * _mean.Length, _mean.Length);
            VectorMath.AddScaled(row, gradient, _mean);
            VectorMath.AddScaled(
                meanGradient, gradient, Dense.Values.AsSpan(condition * _mean.Length, _mean.Length));
        }

        Spread(meanGradient);
        return loss;
    }

    /// <summary>Moves every parameter one step.</summary>
    internal void Update(float rate, int samples, int step)
    {
        foreach (ConvolutionLayer layer in _layers)
        {
            layer.Weights.Update(rate, samples, step);
            layer.Biases.Update(rate, samples, step);
        }

        Dense.Update(rate, samples, step);
        DenseBiases.Update(rate, samples, step);
    }

    private void Spread(float[] meanGradient)
    {
        int times = _layers[^1].OutputTimes;
        float[] gradient = new float[times * meanGradient.Length];
        for (int time = 0; time < times; time++)
        {
            VectorMath.AddScaled(
                gradient.AsSpan(time * meanGradient.Length, meanGradient.Length), 1f / times, meanGradient);
        }

        for (int index = _layers.Length - 1; index >= 0; index--)
        {
            float[] input = index == 0 ? _scaled : _layers[index - 1].Output;
            gradient = _layers[index].Backward(input, gradient, wantInputGradient: index > 0);
        }
    }

    private void Softmax()
    {
        float largest = float.MinValue;
        for (int condition = 0; condition < _probabilities.Length; condition++)
        {
            ReadOnlySpan<float> row = Dense.Values.AsSpan(condition * _mean.Length, _mean.Length);
            _probabilities[condition] = VectorMath.Dot(row, _mean) + DenseBiases.Values[condition];
            largest = Math.Max(largest, _probabilities[condition]);
        }

        float sum = 0;
        for (int condition = 0; condition < _probabilities.Length; condition++)
        {
            _probabilities[condition] = MathF.Exp(_probabilities[condition] - largest);
            sum += _probabilities[condition];
        }

        for (int condition = 0; condition < _probabilities.Length; condition++)
        {
            _probabilities[condition] /= sum;
        }
    }
}
