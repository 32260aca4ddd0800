using Kedge.Core;

namespace Kedge.Examples.Bearing;

/// <summary>A convolution over time with a rectifier, without padding. Values lie time first, channel within
/// ([time, channel] float32), so that a window of all channels is one span.</summary>
internal sealed class ConvolutionLayer
{
    private readonly int _inputTimes;
    private readonly float[] _output;
    private readonly float[] _inputGradient;

    public ConvolutionLayer(int inputTimes, ConvolutionShape shape, Rng rng)
    {
        _inputTimes = inputTimes;
        Shape = shape;
        OutputTimes = ((inputTimes - shape.Kernel) / shape.Stride) + 1;
        WindowLength = shape.Kernel * shape.InputChannels;
        _output = new float[OutputTimes * shape.OutputChannels];
        _inputGradient = new float[inputTimes * shape.InputChannels];
        Weights = new AdamParameters(shape.OutputChannels * WindowLength);
        Biases = new AdamParameters(shape.OutputChannels);

        // He initialisation (K. He et al., "Delving Deep into Rectifiers", ICCV 2015), uniform.
        double bound = Math.Sqrt(6.0 / WindowLength);
        for (int index = 0; index < Weights.Values.Length; index++)
        {
            Weights.Values[index] = (float)(bound * ((2 * rng.Fraction()) - 1));
        }
    }

    public ConvolutionShape Shape { get; }

    public int OutputTimes { get; }

    /// <summary>Values under one window.</summary>
    public int WindowLength { get; }

    /// <summary>What <see cref="Forward"/> gave last.</summary>
    public float[] Output => _output;

    /// <summary>[output channel, kernel, input channel] float32.</summary>
    public AdamParameters Weights { get; }

    /// <summary>[output channel] float32.</summary>
    public AdamParameters Biases { get; }

    /// <summary>[output time, output channel] float32, 0 or above; overwritten by the next call.</summary>
    public float[] Forward(ReadOnlySpan<float> input)
    {
        Check.That(input.Length == _inputTimes * Shape.InputChannels);
        int channels = Shape.OutputChannels;
        for (int time = 0; time < OutputTimes; time++)
        {
            ReadOnlySpan<float> window = input.Slice(time * Shape.Stride * Shape.InputChannels, WindowLength);
            for (int channel = 0; channel < channels; channel++)
            {
                float sum = VectorMath.Dot(window, Kernel(Weights.Values, channel)) + Biases.Values[channel];
                _output[(time * channels) + channel] = Math.Max(0, sum);
            }
        }

        return _output;
    }

    /// <summary>Adds to the gradients of weights and biases; gives that of the input where it is asked for.</summary>
    /// <param name="input">What <see cref="Forward"/> was given last.</param>
    /// <param name="outputGradient">[output time, output channel] float32.</param>
    /// <param name="wantInputGradient">False for the first layer, whose input is not learned.</param>
    public float[] Backward(ReadOnlySpan<float> input, ReadOnlySpan<float> outputGradient, bool wantInputGradient)
    {
        Array.Clear(_inputGradient);
        int channels = Shape.OutputChannels;
        for (int time = 0; time < OutputTimes; time++)
        {
            int start = time * Shape.Stride * Shape.InputChannels;
            ReadOnlySpan<float> window = input.Slice(start, WindowLength);
            for (int channel = 0; channel < channels; channel++)
            {
                int index = (time * channels) + channel;
                float gradient = outputGradient[index];
                if (_output[index] <= 0 || gradient == 0)
                {
                    continue;
                }

                Biases.Gradient[channel] += gradient;
                VectorMath.AddScaled(Kernel(Weights.Gradient, channel), gradient, window);
                if (wantInputGradient)
                {
                    VectorMath.AddScaled(
                        _inputGradient.AsSpan(start, WindowLength), gradient, Kernel(Weights.Values, channel));
                }
            }
        }

        return _inputGradient;
    }

    private Span<float> Kernel(float[] values, int channel) => values.AsSpan(channel * WindowLength, WindowLength);
}
