namespace Kedge.Core.Measure;

/// <summary>The chi-square distribution.</summary>
internal static class ChiSquare
{
    private const int Halvings = 60;
    private const int TermsMax = 500;
    private const double Enough = 1e-14;
    private const double Tiny = 1e-300;

    /// <summary>
    /// What it exceeds with this probability, from above. The search begins below a bound that is never too small
    /// (Laurent, Massart, "Adaptive estimation of a quadratic functional by model selection", Ann. Stat. 28(5), 2000,
    /// lemma 1).
    /// </summary>
    /// <param name="degrees">Degrees of freedom; none of it is 0.</param>
    /// <param name="alpha">Above 0, below 1.</param>
    public static double Upper(int degrees, double alpha)
    {
        Check.That(alpha is > 0 and < 1);
        if (degrees <= 0)
        {
            return 0;
        }

        double log = -Math.Log(alpha);
        double low = 0;
        double high = degrees + (2 * Math.Sqrt(degrees * log)) + (2 * log);
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Tail(degrees / 2.0, middle / 2) > alpha ? (middle, high) : (low, middle);
        }

        return high;
    }

    /// <summary>
    /// The upper incomplete gamma function, regularized: by its series below a + 1, by its continued fraction above
    /// (Abramowitz, Stegun, "Handbook of Mathematical Functions", 6.5.29 and 6.5.31; the fraction by Lentz, Applied
    /// Optics 15(3), 1976).
    /// </summary>
    internal static double Tail(double a, double x)
    {
        double front = Math.Exp((a * Math.Log(x)) - x - ProportionBounds.LogGamma(a));
        return x < a + 1 ? 1 - (front * Series(a, x)) : front * Fraction(a, x);
    }

    private static double Series(double a, double x)
    {
        double term = 1 / a;
        double sum = term;
        for (int i = 1; i < TermsMax && term > sum * Enough; i++)
        {
            term *= x / (a + i);
            sum += term;
        }

        return sum;
    }

    private static double Fraction(double a, double x)
    {
        double b = x + 1 - a;
        double c = 1 / Tiny;
        double d = 1 / b;
        double value = d;
        double factor = 0;
        for (int i = 1; i < TermsMax && Math.Abs(factor - 1) > Enough; i++)
        {
            double numerator = -i * (i - a);
            b += 2;
            d = 1 / Away((numerator * d) + b);
            c = Away(b + (numerator / c));
            factor = d * c;
            value *= factor;
        }

        return value;
    }

    private static double Away(double x) => Math.Abs(x) < Tiny ? Tiny : x;
}
