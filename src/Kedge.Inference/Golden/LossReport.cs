namespace Kedge.Inference.Golden;

/// <summary>How far the answers of one model are from those of another, over samples.</summary>
public sealed record LossReport
{
    /// <summary>How many samples were answered by both.</summary>
    public required int Samples { get; init; }

    /// <summary>Largest difference of a floating-point element: 0 or more, infinite if only one is a number.</summary>
    public required double ErrorMax { get; init; }

    /// <summary>Mean difference of floating-point elements, 0 or more.</summary>
    public required double ErrorMean { get; init; }

    /// <summary>Mean difference by the mean magnitude of the elements: 0 or more, of no unit.</summary>
    public required double ErrorRelative { get; init; }

    /// <summary>
    /// Decisions in the answers: rows of scores, which are floating-point outputs of two axes with at least two
    /// columns, and elements of outputs that are no floating-point numbers.
    /// </summary>
    public required int Decisions { get; init; }

    /// <summary>Decisions in which both agree: the same column is the largest, or the element is the same.</summary>
    public required int DecisionsSame { get; init; }

    /// <summary>Decisions that the samples expect.</summary>
    public required int Answers { get; init; }

    /// <summary>Decisions that came out as the samples expect.</summary>
    public required int AnswersRight { get; init; }

    /// <summary>Largest difference of a floating-point element from what the samples expect.</summary>
    public required double ExpectedErrorMax { get; init; }

    /// <summary>Samples whose expected elements that are no floating-point numbers all came out.</summary>
    public required int SamplesExact { get; init; }

    /// <summary>Share of decisions in which both agree, 0..1; 1 without any.</summary>
    public double Agreement => Decisions == 0 ? 1 : (double)DecisionsSame / Decisions;

    /// <summary>Share of expected decisions that came out, 0..1; 1 without any.</summary>
    public double Accuracy => Answers == 0 ? 1 : (double)AnswersRight / Answers;
}
