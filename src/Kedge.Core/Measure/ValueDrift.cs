namespace Kedge.Core.Measure;

/// <summary>
/// How far what is seen now has moved from a reference, and how much of that is beyond doubt.
/// <para>The measure is the population stability index: over all bins, the sum of (now - then) ln(now / then), each as
/// a share (Siddiqi, "Credit Risk Scorecards", Wiley, 2006, ch. 7; it is the divergence of Jeffreys, Proc. R. Soc. A
/// 186, 1946). As usual below 0.1 is little and above 0.25 is much.</para>
/// <para>Problem: of finite samples it is never 0. Without any drift it is about (1/n + 1/m) times a chi-square with as
/// many degrees of freedom as there are bins, less one, where n and m count the samples on both sides (Yurdakul,
/// Naranjo, "Statistical properties of the population stability index", J. Risk Model Validation 14(4), 2020).</para>
/// <para>Approach: near 0 its root is a distance between three points: what is seen, what it is drawn from, and the
/// same for the reference. So the root of the true index is at least that of the one seen, less one root for each
/// side's noise. Noise of the reference is drawn once. Noise of what is seen is bounded for every number of samples at
/// once: between two numbers with the ratio <see cref="Stitch"/> by Lévy's inequality, twice the probability at the
/// end, and these are summed over all such stretches (stitching: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform,
/// nonparametric, nonasymptotic confidence sequences", Ann. Stat. 49(2), 2021, §3.1).</para>
/// <para>A sample, not a value, is what counts: the values of one request belong together. The spread of shares that
/// are counted so is never larger than if each sample were one value (E[xx'] is at most diag(E[x]) where x is a point
/// of the simplex), so the bound holds however they depend on each other within a sample.</para>
/// </summary>
public static class ValueDrift
{
    /// <summary>Samples from which on anything is judged: a normal limit stands behind the bounds.</summary>
    public const long SamplesMin = 100;

    private const double Stitch = 1.25;
    private const double Half = 0.5; // Added to every bin, in samples: an empty one is not impossible.

    /// <summary>The index of what was seen.</summary>
    public static double Index(ValueReference reference, ValueCounts seen) => Compare(reference, seen).Index;

    /// <summary>
    /// No index below this is believable, whenever one looks: with a probability of at most <paramref name="alpha"/>
    /// it is ever above the true one.
    /// </summary>
    /// <param name="reference">What the package says.</param>
    /// <param name="seen">What was seen; counted into the bins of the reference.</param>
    /// <param name="alpha">Half of it is for the reference, which is drawn once and judged by every look.</param>
    /// <param name="share">Of the other half, the share that this series of looks takes, above 0, up to 1.</param>
    public static double AtLeast(ValueReference reference, ValueCounts seen, double alpha, double share)
    {
        if (seen.Samples < SamplesMin)
        {
            return 0;
        }

        (double index, int bins) = Compare(reference, seen);
        double then = Math.Sqrt(ChiSquare.Upper(bins - 1, alpha / 2) / reference.Samples);
        double stretch = 1 + Math.Floor(Math.Log((double)seen.Samples / SamplesMin) / Math.Log(Stitch));
        double ofStretch = alpha / 2 * share * 6 / (Math.PI * Math.PI * stretch * stretch) / 2;
        double now = Math.Sqrt(ChiSquare.Upper(bins - 1, ofStretch) * Stitch / seen.Samples);
        double root = Math.Sqrt(index) - then - now;
        return root > 0 ? root * root : 0;
    }

    private static (double Index, int Bins) Compare(ValueReference reference, ValueCounts seen)
    {
        Check.That(seen.Bins.Length == reference.Counts.Length);
        double[] then = Shares(reference.Counts, reference.Samples);
        double[] now = Shares(seen.Bins.AsSpan(), seen.Samples);

        // What lies beyond the reference speaks only where there is more of it than there was.
        int last = then.Length - 1;
        int bins = then.Length;
        bins -= Fold(then, now, last, last - 1) + Fold(then, now, last - 1, last - 2) + Fold(then, now, 0, 1);
        double thenAll = reference.Samples + (Half * bins);
        double nowAll = seen.Samples + (Half * bins);
        double index = 0;
        for (int i = 0; i < then.Length; i++)
        {
            if (then[i] >= 0)
            {
                double e = (then[i] + Half) / thenAll;
                double a = (now[i] + Half) / nowAll;
                index += (a - e) * Math.Log(a / e);
            }
        }

        return (index, bins);

        int Fold(double[] t, double[] n, int from, int into)
        {
            if (n[from] / seen.Samples > (t[from] + Half) / reference.Samples)
            {
                return 0;
            }

            t[into] += t[from];
            n[into] += n[from];
            t[from] = -1;
            return 1;
        }
    }

    /// <summary>Counts of values as so many samples.</summary>
    private static double[] Shares(ReadOnlySpan<long> counts, long samples)
    {
        double all = 0;
        foreach (long count in counts)
        {
            all += count;
        }

        double[] shares = new double[counts.Length];
        for (int i = 0; i < counts.Length; i++)
        {
            shares[i] = counts[i] * (samples / Math.Max(1, all));
        }

        return shares;
    }
}
