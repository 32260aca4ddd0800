using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Kedge.Core.Measure;

/// <summary>
/// How often the values of each counted tensor fell into which bin of its <see cref="ValueReference"/>. Merging is
/// adding and loses nothing. On a device it is a text that is passed on; only who judges takes it apart. Immutable;
/// equal when the texts are.
/// </summary>
public sealed class ValueTally
{
    /// <summary>Longest text, in characters: every tensor with counts of twelve digits.</summary>
    public const int CharsMax = 3 * 1024;

    private const long CountMax = 1L << 52;
    private ImmutableArray<ValueCounts> _tensors;

    private ValueTally(string text) => Text = text;

    /// <summary>Nothing was counted.</summary>
    public static ValueTally Empty { get; } = new("");

    /// <summary><c>240:0,12,13,0;240:5,20,0</c>: of each tensor the samples and then its bins.</summary>
    public string Text { get; }

    /// <summary>The counts of each tensor, in the order of the references.</summary>
    public ImmutableArray<ValueCounts> Tensors
    {
        get
        {
            if (_tensors.IsDefault)
            {
                _tensors = Parse(Text) ?? [];
            }

            return _tensors;
        }
    }

    /// <summary>What a process says, as far as it has the form at all; else nothing.</summary>
    public static ValueTally Said(string? text)
    {
        if (text is null || text.Length is 0 or > CharsMax)
        {
            return Empty;
        }

        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) && c is not (',' or ':' or ';'))
            {
                return Empty;
            }
        }

        return new ValueTally(text);
    }

    /// <summary>Counts of each tensor as one.</summary>
    public static ValueTally Of(IReadOnlyList<ValueCounts> tensors)
    {
        if (tensors.All(static t => t.Samples == 0))
        {
            return Empty;
        }

        StringBuilder text = new();
        foreach (ValueCounts tensor in tensors)
        {
            _ = text.Append(text.Length > 0 ? ";" : "").Append(CultureInfo.InvariantCulture, $"{tensor.Samples}:")
                .AppendJoin(',', tensor.Bins);
        }

        return new ValueTally(text.ToString()) { _tensors = [.. tensors] };
    }

    /// <summary>Reads a text that is written in this way; false for anything else.</summary>
    public static bool TryParse(
        string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ValueTally? tally)
    {
        tally = text.Length <= CharsMax && Parse(text) is { } tensors
            ? new ValueTally(text) { _tensors = tensors }
            : null;
        return tally is not null;
    }

    /// <summary>
    /// The sum of several; those that count other tensors than the first that counts any are left out.
    /// </summary>
    public static ValueTally Merge(IEnumerable<ValueTally> tallies)
    {
        long[] samples = [];
        long[][] bins = [];
        foreach (ImmutableArray<ValueCounts> tensors in tallies.Select(static t => t.Tensors))
        {
            if (bins.Length == 0)
            {
                samples = new long[tensors.Length];
                bins = [.. tensors.Select(static t => new long[t.Bins.Length])];
            }

            if (tensors.Length == bins.Length
                && tensors.Zip(bins).All(static p => p.First.Bins.Length == p.Second.Length))
            {
                Add(samples, bins, tensors);
            }
        }

        return Of([.. samples.Zip(bins, static (s, b) => new ValueCounts(s, b))]);
    }

    private static void Add(long[] samples, long[][] bins, ImmutableArray<ValueCounts> tensors)
    {
        for (int tensor = 0; tensor < bins.Length; tensor++)
        {
            samples[tensor] += tensors[tensor].Samples;
            for (int bin = 0; bin < bins[tensor].Length; bin++)
            {
                bins[tensor][bin] += tensors[tensor].Bins[bin];
            }
        }
    }

    /// <summary>
    /// What came since an earlier reading of the same counters; nothing where one does not follow from the other.
    /// </summary>
    public ValueTally Since(ValueTally earlier)
    {
        if (earlier.Text.Length == 0)
        {
            return this;
        }

        StringBuilder text = new(Text.Length);
        int here = 0;
        int there = 0;
        long moved = 0;
        while (here < Text.Length)
        {
            long more = Number(Text, ref here) - Number(earlier.Text, ref there);
            bool isEnd = here == Text.Length;
            if (more < 0 || isEnd != (there == earlier.Text.Length) || (!isEnd && Text[here] != earlier.Text[there]))
            {
                return Empty;
            }

            moved += more;
            _ = text.Append(more);
            if (!isEnd)
            {
                _ = text.Append(Text[here]);
                here++;
                there++;
            }
        }

        return moved == 0 ? Empty : new ValueTally(text.ToString());
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static long Number(string text, ref int at)
    {
        long number = 0;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            number = (number * 10) + text[at] - '0';
            at++;
        }

        return number;
    }

    private static ImmutableArray<ValueCounts>? Parse(string text)
    {
        if (text.Length == 0)
        {
            return [];
        }

        string[] parts = text.Split(';', ValueReference.TensorsMax + 1);
        ImmutableArray<ValueCounts>.Builder read = ImmutableArray.CreateBuilder<ValueCounts>(parts.Length);
        foreach (string part in parts.Take(ValueReference.TensorsMax))
        {
            int colon = part.IndexOf(':');
            string[] bins = part[(colon + 1)..].Split(',', ValueReference.InnerBinsMax + 4);
            long[] counts = new long[bins.Length];
            bool isGood = TryCount(part[..Math.Max(0, colon)], out long samples)
                && counts.Length is >= 4 and <= ValueReference.InnerBinsMax + 3;
            for (int i = 0; isGood && i < bins.Length; i++)
            {
                isGood = TryCount(bins[i], out counts[i]);
            }

            if (!isGood)
            {
                return null;
            }

            read.Add(new ValueCounts(samples, counts));
        }

        return parts.Length > ValueReference.TensorsMax ? null : read.ToImmutable();
    }

    /// <summary>False also for no digit at all, as where there is no colon.</summary>
    private static bool TryCount(string text, out long count) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= CountMax;
}
