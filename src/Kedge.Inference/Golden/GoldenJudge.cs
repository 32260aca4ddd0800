using System.Globalization;
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
            string? difference = actual is null
                ? "it is missing"
                : TensorComparison.Difference(
                    expected, actual, golden.AbsoluteTolerance, golden.RelativeTolerance);
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
}
