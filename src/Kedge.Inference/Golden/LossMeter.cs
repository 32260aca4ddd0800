using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>
/// Adds up how far the answers of a variant are from those of the model that it was made of, and from what golden
/// samples expect. Both are needed: samples may list some outputs only, and right answers rather than the model's.
/// </summary>
public sealed class LossMeter
{
    private int _samples;
    private int _samplesExact;
    private long _elements;
    private double _errorMax;
    private double _errorSum;
    private double _magnitudeSum;
    private double _expectedErrorMax;
    private int _decisions;
    private int _decisionsSame;
    private int _answers;
    private int _answersRight;

    /// <summary>What was added up so far.</summary>
    public LossReport Report => new()
    {
        Samples = _samples,
        ErrorMax = _errorMax,
        ErrorMean = _elements == 0 ? 0 : _errorSum / _elements,
        ErrorRelative = _errorSum == 0 ? 0 : _errorSum / _magnitudeSum,
        Decisions = _decisions,
        DecisionsSame = _decisionsSame,
        Answers = _answers,
        AnswersRight = _answersRight,
        ExpectedErrorMax = _expectedErrorMax,
        SamplesExact = _samplesExact,
    };

    /// <summary>Adds one sample.</summary>
    /// <param name="sample">What is expected.</param>
    /// <param name="original">What the model answered.</param>
    /// <param name="variant">What the variant answered: the same outputs in the same order.</param>
    public void Add(GoldenSample sample, IReadOnlyList<Tensor> original, IReadOnlyList<Tensor> variant)
    {
        Check.That(original.Count == variant.Count);
        for (int index = 0; index < original.Count; index++)
        {
            AddErrors(original[index], variant[index]);
            (int all, int same) = Decisions(original[index], variant[index]);
            _decisions += all;
            _decisionsSame += same;
        }

        bool exact = true;
        foreach (Tensor expected in sample.Outputs)
        {
            Tensor? answer = variant.FirstOrDefault(output => output.Name == expected.Name);
            (int all, int same) = answer is null ? (1, 0) : Decisions(expected, answer);
            _answers += all;
            _answersRight += same;
            exact &= answer is not null && (IsFloat(expected.Type) || all == same);
            _expectedErrorMax = Math.Max(
                _expectedErrorMax, answer is null ? double.PositiveInfinity : ErrorMax(expected, answer));
        }

        _samples++;
        _samplesExact += exact ? 1 : 0;
    }

    private void AddErrors(Tensor original, Tensor variant)
    {
        if (!IsFloat(original.Type))
        {
            return;
        }

        if (!IsSameKind(original, variant))
        {
            _errorMax = double.PositiveInfinity;
            return;
        }

        for (int index = 0; index < original.ElementCount; index++)
        {
            double error = Error(original, variant, index);
            double magnitude = Math.Abs(Element(original, index));
            _errorMax = Math.Max(_errorMax, error);
            _errorSum += error;
            _magnitudeSum += double.IsFinite(magnitude) ? magnitude : 0;
            _elements++;
        }
    }

    private static double ErrorMax(Tensor expected, Tensor answer)
    {
        if (!IsFloat(expected.Type))
        {
            return 0;
        }

        double largest = IsSameKind(expected, answer) ? 0 : double.PositiveInfinity;
        for (int index = 0; double.IsFinite(largest) && index < expected.ElementCount; index++)
        {
            largest = Math.Max(largest, Error(expected, answer, index));
        }

        return largest;
    }

    /// <summary>How many decisions there are, and in how many both agree.</summary>
    private static (int All, int Same) Decisions(Tensor expected, Tensor answer)
    {
        if (!IsFloat(expected.Type))
        {
            return TensorComparison.Difference(expected, answer, 0, 0) is null
                ? (expected.ElementCount, expected.ElementCount)
                : (expected.ElementCount, SameElements(expected, answer));
        }

        if (expected.Rank != 2 || expected.Shape[1] < 2)
        {
            return (0, 0);
        }

        int rows = (int)expected.Shape[0];
        int columns = (int)expected.Shape[1];
        if (!IsSameKind(expected, answer))
        {
            return (rows, 0);
        }

        int same = 0;
        for (int row = 0; row < rows; row++)
        {
            int chosen = Largest(answer, row * columns, columns);
            int best = Largest(expected, row * columns, columns);

            // Where two scores are the same, either is right.
            same += Element(expected, chosen) >= Element(expected, best) ? 1 : 0;
        }

        return (rows, same);
    }

    private static int SameElements(Tensor expected, Tensor answer)
    {
        if (!IsSameKind(expected, answer))
        {
            return 0;
        }

        int width = TensorTypes.ElementBytes(expected.Type);
        int same = 0;
        for (int index = 0; index < expected.ElementCount; index++)
        {
            ReadOnlySpan<byte> one = width == 0 ? expected.Text(index) : expected.Bytes.Slice(index * width, width);
            ReadOnlySpan<byte> other = width == 0 ? answer.Text(index) : answer.Bytes.Slice(index * width, width);
            same += one.SequenceEqual(other) ? 1 : 0;
        }

        return same;
    }

    private static int Largest(Tensor tensor, int start, int count)
    {
        int largest = start;
        for (int index = start + 1; index < start + count; index++)
        {
            largest = Element(tensor, index) > Element(tensor, largest) ? index : largest;
        }

        return largest;
    }

    private static double Error(Tensor expected, Tensor answer, int index)
    {
        double one = Element(expected, index);
        double other = Element(answer, index);
        return one.Equals(other) ? 0
            : double.IsFinite(one) && double.IsFinite(other) ? Math.Abs(one - other)
            : double.PositiveInfinity;
    }

    private static bool IsSameKind(Tensor one, Tensor other) =>
        one.Type == other.Type && one.Shape.SequenceEqual(other.Shape);

    private static bool IsFloat(TensorType type) =>
        type is TensorType.Float16 or TensorType.BFloat16 or TensorType.Float32 or TensorType.Float64;

    private static double Element(Tensor tensor, int index) => tensor.Type switch
    {
        TensorType.Float16 => (double)tensor.Values<Half>()[index],
        TensorType.BFloat16 => BitConverter.UInt32BitsToSingle((uint)tensor.Values<ushort>()[index] << 16),
        TensorType.Float32 => tensor.Values<float>()[index],
        TensorType.Float64 => tensor.Values<double>()[index],
        TensorType.Bool or TensorType.UInt8 or TensorType.UInt16 or TensorType.UInt32 or TensorType.UInt64
            or TensorType.Int8 or TensorType.Int16 or TensorType.Int32 or TensorType.Int64 or TensorType.Bytes
            or TensorType.Unknown => throw Check.Unreachable(tensor.Type),
    };
}
