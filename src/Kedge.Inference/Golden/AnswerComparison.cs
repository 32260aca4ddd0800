using Kedge.Core.Errors;
using Kedge.Inference.Protocol;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Golden;

/// <summary>
/// Compares two answers to the same request: the same outputs by name, type and shape, with elements that agree. Names
/// of models, versions and the order of outputs do not count.
/// </summary>
public static class AnswerComparison
{
    /// <summary>What differs first, as a part of a sentence; null when they agree.</summary>
    /// <param name="expected">Body of the good answer.</param>
    /// <param name="expectedJsonBytes">How much of it is JSON.</param>
    /// <param name="actual">Body of the other answer, good or not.</param>
    /// <param name="actualJsonBytes">How much of it is JSON.</param>
    /// <param name="tolerance">How far floating-point elements may be apart, absolutely and relatively.</param>
    public static string? Difference(
        ReadOnlySpan<byte> expected, int expectedJsonBytes, ReadOnlySpan<byte> actual, int actualJsonBytes,
        double tolerance)
    {
        if (!InferenceClient.TryReadAnswer(
            expected, expectedJsonBytes, out InferenceAnswer? answer, out Finding? unreadable))
        {
            return $"the answer that was given cannot be read: {unreadable.Message}";
        }

        if (!InferenceClient.TryReadAnswer(actual, actualJsonBytes, out InferenceAnswer? other, out Finding? fault))
        {
            return fault.Message;
        }

        foreach (Tensor output in answer.Outputs)
        {
            Tensor? its = other.Outputs.FirstOrDefault(o => o.Name == output.Name);
            string? difference = its is null
                ? "it is missing"
                : TensorComparison.Difference(output, its, tolerance, tolerance);
            if (difference is not null)
            {
                return $"output '{output.Name}': {difference}";
            }
        }

        Tensor? more = other.Outputs.FirstOrDefault(o => answer.Outputs.All(e => e.Name != o.Name));
        return more is null ? null : $"output '{more.Name}' is new";
    }
}
