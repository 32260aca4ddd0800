using System.Globalization;
using System.Numerics;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>
/// Compares answers with golden samples, one after the other. Floating-point elements agree within both tolerances
/// together, NaN with NaN and an infinity with itself; all other elements agree when they are equal.
/// </summary>
/// <param name="golden">The samples.</param>
public sealed class GoldenJudge(GoldenSamples golden)
{
    private int _judged;
    private int _agreed;
    private string _first = "";

    /// <summary>What was found so far; samples that were not judged count as not agreeing.</summary>
    public GoldenVerdict Verdict => new(golden.Samples.Length, _agreed, golden.Needed, _first);

    /// <summary>Index of the sample that is judged next.</summary>
    public int Next => _judged;

    /// <summary>Judges the body of the answer to the next sample, whatever its status was.</summary>
    public void Answer(ReadOnlySpan<byte> body)
    {
        if (InferenceClient.TryReadAnswer(body, out InferenceAnswer? answer, out Finding? fault))
        {
            Outputs(answer.Outputs);
        }
        else
        {
            Disagree(fault.Message);
        }
    }

    /// <summary>Judges the outputs for the next sample.</summary>
    public void Outputs(IReadOnlyList<Tensor> outputs)
    {
        Check.That(_judged < golden.Samples.Length);
        foreach (Tensor expected in golden.Samples[_judged].Outputs)
        {
            Tensor? actual = outputs.FirstOrDefault(output => output.Name == expected.Name);
            string? difference = actual is null ? "it is missing" : Compare(expected, actual);
            if (difference is not null)
            {
                Disagree($"output '{expected.Name}': {difference}");
                return;
            }
        }

        _judged++;
        _agreed++;
    }

    /// <summary>Counts the next sample as failed, for a reason that is a sentence.</summary>
    public void Disagree(string reason)
    {
        Check.That(_judged < golden.Samples.Length);
        _first = _first.Length > 0
            ? _first
            : string.Create(CultureInfo.InvariantCulture, $"Sample {_judged}: {reason}.");
        _judged++;
    }

    private string? Compare(Tensor expected, Tensor actual)
    {
        if (expected.Type != actual.Type || !expected.Shape.SequenceEqual(actual.Shape))
        {
            return $"expected {TensorTypes.Name(expected.Type)} {TensorShape.Describe(expected.Shape)}, "
                + $"got {TensorTypes.Name(actual.Type)} {TensorShape.Describe(actual.Shape)}";
        }

        return expected.Type switch
        {
            TensorType.Float16 => Close<Half>(expected, actual, static v => (double)v),
            TensorType.BFloat16 => Close<ushort>(
                expected, actual, static v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            TensorType.Float32 => Close<float>(expected, actual, static v => v),
            TensorType.Float64 => Close<double>(expected, actual, static v => v),
            TensorType.Bytes => SameTexts(expected, actual),
            TensorType.Bool or TensorType.UInt8 => Same<byte>(expected, actual),
            TensorType.UInt16 => Same<ushort>(expected, actual),
            TensorType.UInt32 => Same<uint>(expected, actual),
            TensorType.UInt64 => Same<ulong>(expected, actual),
            TensorType.Int8 => Same<sbyte>(expected, actual),
            TensorType.Int16 => Same<short>(expected, actual),
            TensorType.Int32 => Same<int>(expected, actual),
            TensorType.Int64 => Same<long>(expected, actual),
            TensorType.Unknown => throw Check.Unreachable(expected.Type),
        };
    }

    private string? Close<T>(Tensor expected, Tensor actual, Func<T, double> widen)
        where T : unmanaged
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            double e = widen(expected.Values<T>()[i]);
            double a = widen(actual.Values<T>()[i]);
            double allowed = golden.AbsoluteTolerance + (golden.RelativeTolerance * Math.Abs(e));
            bool agrees = double.IsFinite(e) && double.IsFinite(a) ? Math.Abs(a - e) <= allowed : e.Equals(a);
            if (!agrees)
            {
                return Differs(i, e, a);
            }
        }

        return null;
    }

    private static string? Same<T>(Tensor expected, Tensor actual)
        where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            if (expected.Values<T>()[i] != actual.Values<T>()[i])
            {
                return Differs(i, expected.Values<T>()[i], actual.Values<T>()[i]);
            }
        }

        return null;
    }

    private static string? SameTexts(Tensor expected, Tensor actual)
    {
        for (int i = 0; i < expected.ElementCount; i++)
        {
            if (!expected.Text(i).SequenceEqual(actual.Text(i)))
            {
                return string.Create(CultureInfo.InvariantCulture, $"element {i} is another text");
            }
        }

        return null;
    }

    private static string Differs(int index, object expected, object actual) =>
        string.Create(CultureInfo.InvariantCulture, $"element {index} is {actual}, expected {expected}");
}
