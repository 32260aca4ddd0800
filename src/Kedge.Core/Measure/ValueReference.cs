using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Kedge.Core.Measure;

/// <summary>
/// How the values of one tensor were spread when its package was made: bins with fixed edges, and how many values of
/// the reference fell into each.
/// <para>Problem: what devices see now is to be compared with what the author saw then, over many devices, with little
/// to send. Approach: the edges are quantiles of the reference and travel with the package, so that every device counts
/// into the same few bins: adding counts is exact, at an edge nothing is rounded, and the bins are narrow where the
/// values are. One bin below and one above all that the reference held, and one for what is no number, catch what it
/// never showed.</para>
/// <para>Invariant: edges ascend and are finite; an edge lies between two values of the reference that differ, never on
/// one, so that the last digit of a computation does not change the bin.</para>
/// </summary>
public sealed class ValueReference
{
    /// <summary>Samples below which there is no reference: a bin must hold about five of them.</summary>
    public const int SamplesMin = 20;

    /// <summary>Samples in one reference; more is nonsense.</summary>
    public const long SamplesMax = 1_000_000;

    /// <summary>Tensors of one workload that are counted, and of one package that are told.</summary>
    public const int TensorsMax = 16;

    /// <summary>Bins between the smallest and the largest value of the reference.</summary>
    public const int InnerBinsMax = 10;

    /// <summary>Longest <see cref="Format"/>, in characters.</summary>
    public const int CharsMax = 16 * 1024;

    private const int SamplesPerBin = 5;
    private const int InnerBinsMin = 4;
    private const int NameCharsMax = 256;
    private const long ValuesMax = 1L << 40;

    // What the last digits of a computation change, and what lies just beyond the largest value.
    private const double SameValue = 1e-5;
    private const double BesideRange = 1e-3;
    private const double Least = 1e-9;

    private readonly double[] _edges;
    private readonly long[] _counts;

    private ValueReference(bool isInput, string name, long samples, double[] edges, long[] counts)
    {
        (IsInput, Name, Samples) = (isInput, name, samples);
        (_edges, _counts) = (edges, counts);
    }

    /// <summary>True for an input, false for an output.</summary>
    public bool IsInput { get; }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>Samples that it was made of, each with any number of values.</summary>
    public long Samples { get; }

    /// <summary>Values of the reference by bin, as <see cref="BinOf"/> numbers them.</summary>
    public ReadOnlySpan<long> Counts => _counts;

    /// <summary>The bin of a value, 0..<see cref="Counts"/>: the last one is for what is no number.</summary>
    public int BinOf(double value)
    {
        if (double.IsNaN(value))
        {
            return _edges.Length + 1;
        }

        int bin = 0;
        while (bin < _edges.Length && _edges[bin] < value)
        {
            bin++;
        }

        return bin;
    }

    /// <summary>Makes the reference of a tensor; null of fewer than <see cref="SamplesMin"/> samples, or of none with a
    /// finite value.</summary>
    /// <param name="isInput">True for an input.</param>
    /// <param name="name">Its name, 1..256 printable characters.</param>
    /// <param name="samples">The values of each sample.</param>
    public static ValueReference? Of(bool isInput, string name, IReadOnlyList<double[]> samples)
    {
        double[] values = [.. samples.SelectMany(static s => s).Where(double.IsFinite).Order()];
        if (samples.Count < SamplesMin || values.Length == 0)
        {
            return null;
        }

        double[] edges = Edges(values, Math.Clamp(samples.Count / SamplesPerBin, InnerBinsMin, InnerBinsMax));
        ValueReference made = new(isInput, name, samples.Count, edges, new long[edges.Length + 2]);
        foreach (double value in samples.SelectMany(static s => s))
        {
            made._counts[made.BinOf(value)]++;
        }

        return made;
    }

    /// <summary>
    /// One line each: <c>i 500 -0.1,0.2,1.5 0,250,250,0,0 NAME</c>: kind, samples, edges, counts, name.
    /// </summary>
    public static string Format(IEnumerable<ValueReference> tensors)
    {
        StringBuilder text = new();
        foreach (ValueReference tensor in tensors)
        {
            _ = text.Append(text.Length > 0 ? "\n" : "").Append(tensor.IsInput ? "i " : "o ")
                .Append(CultureInfo.InvariantCulture, $"{tensor.Samples} ")
                .AppendJoin(',', tensor._edges.Select(static e => e.ToString("R", CultureInfo.InvariantCulture)))
                .Append(' ').AppendJoin(',', tensor._counts).Append(' ').Append(tensor.Name);
        }

        return text.ToString();
    }

    /// <summary>Reads what <see cref="Format"/> wrote; false for anything else. Empty is no tensor.</summary>
    public static bool TryParse(string text, out ImmutableArray<ValueReference> tensors)
    {
        tensors = [];
        if (text.Length == 0)
        {
            return true;
        }

        string[] lines = text.Length > CharsMax ? [] : text.Split('\n');
        if (lines.Length is 0 or > TensorsMax)
        {
            return false;
        }

        ImmutableArray<ValueReference>.Builder read = ImmutableArray.CreateBuilder<ValueReference>();
        foreach (string line in lines)
        {
            if (Line(line) is not { } tensor || read.Any(t => t.IsInput == tensor.IsInput && t.Name == tensor.Name))
            {
                return false;
            }

            read.Add(tensor);
        }

        tensors = read.ToImmutable();
        return true;
    }

    private static ValueReference? Line(string line)
    {
        string[] parts = line.Split(' ', 5);
        if (parts.Length != 5 || parts[0] is not ("i" or "o") || parts[4].Length is 0 or > NameCharsMax
            || parts[4].Any(char.IsControl)
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long samples)
            || samples is < SamplesMin or > SamplesMax)
        {
            return null;
        }

        string[] edgeTexts = parts[2].Split(',', InnerBinsMax + 2);
        string[] countTexts = parts[3].Split(',', InnerBinsMax + 4);
        double[] edges = new double[edgeTexts.Length];
        long[] counts = new long[countTexts.Length];
        bool isGood = edges.Length is >= 2 and <= InnerBinsMax + 1 && counts.Length == edges.Length + 2;
        for (int i = 0; isGood && i < edges.Length; i++)
        {
            isGood = double.TryParse(
                    edgeTexts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out edges[i])
                && double.IsFinite(edges[i]) && (i == 0 || edges[i] > edges[i - 1]);
        }

        for (int i = 0; isGood && i < counts.Length; i++)
        {
            isGood = long.TryParse(countTexts[i], NumberStyles.None, CultureInfo.InvariantCulture, out counts[i])
                && counts[i] <= ValuesMax;
        }

        return isGood && counts.Any(static c => c > 0)
            ? new ValueReference(parts[0] == "i", parts[4], samples, edges, counts)
            : null;
    }

    private static double[] Edges(double[] ascending, int bins)
    {
        (double least, double most) = (ascending[0], ascending[^1]);
        double span = Math.Min(most - least, double.MaxValue);
        List<double> edges = [Math.Max(-double.MaxValue, least - Beside(span, least))];
        for (int bin = 1; bin < bins; bin++)
        {
            int rank = (int)Math.Ceiling((double)bin * ascending.Length / bins) - 1;
            if (CutAfter(ascending, rank) is { } edge && edge > edges[^1])
            {
                edges.Add(edge);
            }
        }

        edges.Add(Math.Min(double.MaxValue, most + Beside(span, most)));
        return [.. edges];
    }

    /// <summary>
    /// Between this value and the next that differs from it; where values lie so close that none does for long, right
    /// where they have become another value than this one. Null where all that follow are the same.
    /// </summary>
    private static double? CutAfter(double[] ascending, int rank)
    {
        for (int i = rank; i + 1 < ascending.Length; i++)
        {
            double next = ascending[i + 1];
            if (next - ascending[i] > Same(ascending[i]) || next - ascending[rank] > Same(ascending[rank]))
            {
                return ascending[i] + ((next - ascending[i]) / 2);
            }
        }

        return null;
    }

    private static double Same(double value) => (SameValue * Math.Abs(value)) + Least;

    private static double Beside(double span, double value) => (BesideRange * Math.Max(span, Math.Abs(value))) + Least;
}
