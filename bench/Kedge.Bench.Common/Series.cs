namespace Kedge.Bench.Common;

/// <summary>What repeated measuring gave.</summary>
public static class Series
{
    /// <summary>The middle one, or the mean of both in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
