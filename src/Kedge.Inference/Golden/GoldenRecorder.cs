using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>
/// Records golden samples from a model whose author gave none: seeded inputs of the declared shapes, a dynamic axis
/// taken as 1, and whatever the runtime here makes of them. They prove that a device computes the same, not that the
/// model is right; a package says which kind it carries.
/// </summary>
public static class GoldenRecorder
{
    /// <summary>Records.</summary>
    /// <param name="session">The bare runtime.</param>
    /// <param name="samples">How many: 1..<see cref="InferenceLimits.GoldenSamplesMax"/>.</param>
    /// <param name="rng">Where the inputs come from.</param>
    /// <param name="golden">The set, when it could be recorded.</param>
    /// <returns>Null, or why the model cannot run on such inputs.</returns>
    public static Finding? Record(IInferenceSession session, int samples, Rng rng, out GoldenSamples? golden) =>
        Record(session, (samples, []), rng, out golden);

    /// <summary>Records from a model, or a graph, some of whose inputs are images.</summary>
    /// <param name="session">The bare runtime.</param>
    /// <param name="terms">How many, as above, and the inputs that are images: each gets one of
    /// <see cref="SampleImage"/> as base64.</param>
    /// <param name="rng">Where the inputs come from.</param>
    /// <param name="golden">The set, when it could be recorded.</param>
    /// <returns>Null, or why the model cannot run on such inputs.</returns>
    public static Finding? Record(
        IInferenceSession session,
        (int Samples, ImmutableArray<string> Images) terms,
        Rng rng,
        out GoldenSamples? golden)
    {
        int samples = terms.Samples;
        Check.That(samples is >= 1 and <= InferenceLimits.GoldenSamplesMax);
        golden = null;
        InferenceCall call = new(session.Signature);
        ImmutableArray<GoldenSample>.Builder recorded = ImmutableArray.CreateBuilder<GoldenSample>(samples);
        for (int i = 0; i < samples; i++)
        {
            call.Clear();
            call.WantAll(binary: false);
            for (int input = 0; input < call.Inputs.Length; input++)
            {
                TensorSpec spec = session.Signature.Inputs[input];
                Fill(call.Inputs[input], spec, terms.Images.Contains(spec.Name), rng);
            }

            Finding? fault = session.Run(call);
            if (fault is not null)
            {
                return fault;
            }

            recorded.Add(new GoldenSample(Copies(call.Inputs), Copies(call.Outputs)));
        }

        golden = new GoldenSamples
        {
            MinimumAgreement = 1,
            RelativeTolerance = 1e-3,
            AbsoluteTolerance = 1e-5,
            Samples = recorded.ToImmutable(),
        };
        return null;
    }

    private static ImmutableArray<Tensor> Copies(ImmutableArray<Tensor> tensors) => [.. tensors.Select(static tensor =>
    {
        Tensor copy = new();
        copy.CopyFrom(tensor);
        return copy;
    })];

    private static void Fill(Tensor tensor, TensorSpec spec, bool isImage, Rng rng)
    {
        tensor.Begin(spec.Name, spec.Type);
        Check.That(tensor.TryShape([.. spec.Shape.Select(static dimension => Math.Max(dimension, 1))]));
        switch (spec.Type)
        {
            case TensorType.Float16:
                Each<Half>(tensor, () => (Half)rng.Fraction());
                break;
            case TensorType.BFloat16:
                Each(tensor, () => (ushort)(BitConverter.SingleToUInt32Bits((float)rng.Fraction()) >> 16));
                break;
            case TensorType.Float32:
                Each(tensor, () => (float)rng.Fraction());
                break;
            case TensorType.Float64:
                Each(tensor, rng.Fraction);
                break;
            case TensorType.Bytes:
                for (int i = 0; i < tensor.ElementCount; i++)
                {
                    tensor.AppendText(Encoding.UTF8.GetBytes(isImage
                        ? Convert.ToBase64String(SampleImage.Png(rng))
                        : rng.Below(100).ToString(CultureInfo.InvariantCulture)));
                }

                break;
            case TensorType.Bool:
            case TensorType.UInt8:
            case TensorType.Int8:
                // Small whole numbers: they may be indices into something small.
                Each(tensor, () => (byte)rng.Below(2));
                break;
            case TensorType.UInt16:
            case TensorType.Int16:
                Each(tensor, () => (ushort)rng.Below(2));
                break;
            case TensorType.UInt32:
            case TensorType.Int32:
                Each(tensor, () => rng.Below(2));
                break;
            case TensorType.UInt64:
            case TensorType.Int64:
                Each(tensor, () => (long)rng.Below(2));
                break;
            case TensorType.Unknown:
            default:
                throw Check.Unreachable(spec.Type);
        }
    }

    private static void Each<T>(Tensor tensor, Func<T> next)
        where T : unmanaged
    {
        foreach (ref T value in tensor.Values<T>())
        {
            value = next();
        }
    }
}
