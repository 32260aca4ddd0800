namespace Kedge.Inference.Golden;

/// <summary>How a model did on its golden samples.</summary>
/// <param name="Samples">How many were judged.</param>
/// <param name="Agreed">How many agreed in every listed output.</param>
/// <param name="Needed">How many must agree.</param>
/// <param name="FirstDisagreement">One sentence on the first that did not agree; empty when all did.</param>
public sealed record GoldenVerdict(int Samples, int Agreed, int Needed, string FirstDisagreement)
{
    /// <summary>True when the model may serve.</summary>
    public bool Passed => Agreed >= Needed;
}
