using Kedge.Inference.Onnx;
using Kedge.Inference.Sessions;

namespace Kedge.Examples.Bearing;

/// <summary>
/// Holds the exported model against its trainer: ONNX Runtime must compute what the trainer computed.
/// </summary>
public static class RuntimeCheck
{
    /// <summary>
    /// How far a probability may be from the trainer's: both add up to 1,024 products of 32-bit floats, in another
    /// order.
    /// </summary>
    public const double Tolerance = 1e-4;

    /// <summary>
    /// The largest difference of a probability over all signals; null where no ONNX Runtime is found.
    /// </summary>
    /// <param name="network">What was trained.</param>
    /// <param name="model">What was exported of it.</param>
    /// <param name="signals">What both are asked.</param>
    /// <exception cref="InvalidDataException">The runtime names a signal otherwise than the trainer.</exception>
    public static double? LargestDifference(
        BearingNetwork network, byte[] model, IReadOnlyCollection<LabelledSignal> signals)
    {
        if (!OnnxRuntimeLibrary.Candidates(explicitPath: null).Any(File.Exists))
        {
            return null;
        }

        using OnnxSession session = OnnxSession.FromBytes(model, new OnnxSessionOptions());
        InferenceCall call = new(session.Signature);
        double largest = 0;
        foreach (LabelledSignal signal in signals)
        {
            (float[] probabilities, long label) = Run(session, call, signal);
            if (label != (long)network.Classify(signal.Samples))
            {
                throw new InvalidDataException(
                    $"ONNX Runtime names a signal {label}, its trainer {(long)network.Classify(signal.Samples)}");
            }

            largest = Trainer.Forward(network, signal.Samples)
                .Zip(probabilities, static (expected, actual) => (double)Math.Abs(expected - actual))
                .Append(largest)
                .Max();
        }

        return largest;
    }

    private static (float[] Probabilities, long Label) Run(
        OnnxSession session, InferenceCall call, LabelledSignal signal)
    {
        call.Clear();
        call.Inputs[0].Begin("signal", session.Signature.Inputs[0].Type);
        if (!call.Inputs[0].TryShape([1, signal.Samples.Length]))
        {
            throw new InvalidDataException("the model does not take a signal of this length");
        }

        signal.Samples.CopyTo(call.Inputs[0].Values<float>());
        if (!call.TryGive(0))
        {
            throw new InvalidDataException("the model has no input 'signal'");
        }

        call.WantAll(binary: false);
        return session.Run(call) is { } fault
            ? throw new InvalidDataException(fault.ToString())
            : (call.Outputs[0].Values<float>().ToArray(), call.Outputs[1].Values<long>()[0]);
    }
}
