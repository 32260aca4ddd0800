namespace Kedge.Tests.Fleet;

/// <summary>Requests of one endpoint: answered with 200, answered with the true label, failed in any way.</summary>
public sealed record LoadCount(long Answered, long Right, long Failed)
{
    /// <summary>Share of the answers that were right, 0..1.</summary>
    public double Accuracy => Answered == 0 ? 0 : (double)Right / Answered;
}
