namespace Kedge.Core.Measure;

/// <summary>
/// Where the true share of something lies when it was seen so many times in so many: a confidence sequence.
/// <para>Problem: a gate looks again and again while figures come in; a test that is right for one look is wrong for
/// many, and would in the end condemn every good release.</para>
/// <para>Approach: the likelihood ratio of a Beta(1/2, 1/2) mixture against each share is a martingale that starts at
/// one, so that for the true share it ever exceeds 1/alpha with a probability of at most alpha (Ville's inequality).
/// Shares that it did not exceed for are the bounds (Robbins, "Statistical methods related to the law of the iterated
/// logarithm", Ann. Math. Stat. 41(5), 1970; Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric,
/// nonasymptotic confidence sequences", Ann. Stat. 49(2), 2021, §3).</para>
/// <para>Invariant: with a probability of at least 1 - alpha the true share lies within the bounds at every look,
/// however many there are and whenever they are taken.</para>
/// </summary>
public static class ProportionBounds
{
    private const int Halvings = 60;

    /// <summary>Of the powers of 1/x from the ninth down to the first.</summary>
    private static readonly double[] Stirling = [1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12];

    /// <summary>The least share that is still believable.</summary>
    /// <param name="seen">How often it was, 0..<paramref name="of"/>.</param>
    /// <param name="of">Out of how many; nothing is known of 0.</param>
    /// <param name="alpha">Probability of ever being wrong, above 0, below 1.</param>
    /// <returns>0..1.</returns>
    public static double Lower(long seen, long of, double alpha)
    {
        Check.That(seen >= 0 && seen <= of);
        return seen == 0 ? 0 : Edge(seen, of, alpha);
    }

    /// <summary>The largest share that is still believable; parameters as of <see cref="Lower"/>.</summary>
    public static double Upper(long seen, long of, double alpha)
    {
        Check.That(seen >= 0 && seen <= of);
        return seen == of ? 1 : 1 - Edge(of - seen, of, alpha);
    }

    /// <summary>Halves its way to the share below what was seen at which the ratio is 1/alpha.</summary>
    private static double Edge(long seen, long of, double alpha)
    {
        Check.That(alpha is > 0 and < 1);
        double mixture = LogBeta(seen + 0.5, of - seen + 0.5) - LogBeta(0.5, 0.5);
        double limit = -Math.Log(alpha);
        double low = 0;
        double high = (double)seen / of;
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            double likelihood = (seen * Math.Log(middle)) + ((of - seen) * Log1P(-middle));
            if (mixture - likelihood > limit)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>ln(1 + x) without the loss of digits near 0; x above -1, or of no weight.</summary>
    private static double Log1P(double x)
    {
        double y = 1 + x;
        return y <= 0 ? double.MinValue : y == 1 ? x : Math.Log(y) * x / (y - 1);
    }

    private static double LogBeta(double a, double b) => LogGamma(a) + LogGamma(b) - LogGamma(a + b);

    /// <summary>
    /// ln of the gamma function for x above 0, to 1e-10: raised to 10 by its recurrence, then Stirling's series
    /// (Abramowitz, Stegun,
    /// "Handbook of Mathematical Functions", 6.1.15 and 6.1.41).
    /// </summary>
    internal static double LogGamma(double x)
    {
        double below = 0;
        while (x < 10)
        {
            below += Math.Log(x);
            x++;
        }

        double r = 1 / (x * x);
        double series = 0;
        foreach (double coefficient in Stirling)
        {
            series = (series * r) + coefficient;
        }

        series /= x;
        return ((x - 0.5) * Math.Log(x)) - x + (0.5 * Math.Log(2 * Math.PI)) + series - below;
    }
}
