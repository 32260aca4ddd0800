using System.Collections.Immutable;

namespace Kedge.Content.Formats;

/// <summary>
/// Where in a file the tensors are: in order, apart from each other, inside the file. It steers how a file is compared
/// with another and says nothing about whether the file is good; a file that it cannot be made for has none, and is
/// treated as bytes. Never compared.
/// </summary>
public sealed record TensorMap
{
    private TensorMap(ImmutableArray<TensorSpan> spans) => Spans = spans;

    /// <summary>The map of a file in which no tensors are known.</summary>
    public static TensorMap Empty { get; } = new([]);

    /// <summary>The tensors by their place in the file.</summary>
    public ImmutableArray<TensorSpan> Spans { get; }

    /// <summary>Makes a map from spans in any order; spans of no bytes are left out.</summary>
    /// <param name="spans">The tensors as the file's header gives them.</param>
    /// <param name="fileBytes">How long the file is.</param>
    /// <param name="map">The map; <see cref="Empty"/> when the answer is false.</param>
    /// <returns>False when one lies outside the file or two share a byte.</returns>
    public static bool TryCreate(IEnumerable<TensorSpan> spans, long fileBytes, out TensorMap map)
    {
        ImmutableArray<TensorSpan> sorted =
            [.. spans.Where(static span => span.Bytes != 0).OrderBy(static span => span.Offset)];
        map = Empty;
        long end = 0;
        foreach (TensorSpan span in sorted)
        {
            if (span.Offset < end || span.Bytes < 0 || span.Bytes > fileBytes - span.Offset)
            {
                return false;
            }

            end = span.End;
        }

        map = new TensorMap(sorted);
        return true;
    }
}
