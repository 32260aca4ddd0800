using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.InteropServices;
using Kedge.Content.Formats;

namespace Kedge.Cli.Models;

/// <summary>A tensor that is not the same in two files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>changed</c>, <c>added</c> or <c>removed</c>; <c>reshaped</c> when its length or type
/// differ.</param>
/// <param name="Element">What its elements are.</param>
/// <param name="Bytes">How long it is; in the first file when it was removed.</param>
/// <param name="ChangedElements">How many elements differ; 0 unless it was changed.</param>
/// <param name="LargestDifference">Largest difference of two elements; null where elements are no floats.</param>
internal sealed record TensorChange(
    string Name, string Kind, ElementKind Element, long Bytes, long ChangedElements, double? LargestDifference)
{
    private const int BufferBytes = 1024 * 1024;

    /// <summary>How many elements there are.</summary>
    public long Elements => Bytes / ElementKinds.Bytes(Element);

    /// <summary>Every tensor that differs, in the order of the second file, then those that are gone.</summary>
    /// <param name="before">The first file, and where its tensors are.</param>
    /// <param name="after">The second.</param>
    /// <param name="ct">Gives up.</param>
    public static ImmutableArray<TensorChange> Compare(
        (ModelFile File, TensorMap Map) before, (ModelFile File, TensorMap Map) after, CancellationToken ct)
    {
        Dictionary<string, TensorSpan> left = new(StringComparer.Ordinal);
        foreach (TensorSpan span in before.Map.Spans)
        {
            _ = left.TryAdd(span.Name, span);
        }

        ImmutableArray<TensorChange>.Builder changes = ImmutableArray.CreateBuilder<TensorChange>();
        foreach (TensorSpan span in after.Map.Spans)
        {
            ct.ThrowIfCancellationRequested();
            if (!left.Remove(span.Name, out TensorSpan? old))
            {
                changes.Add(Whole(span, "added"));
            }
            else if (old.Bytes != span.Bytes || old.Element != span.Element)
            {
                changes.Add(Whole(span, "reshaped"));
            }
            else if (Compare((before.File, old), (after.File, span)) is { } change)
            {
                changes.Add(change);
            }
        }

        changes.AddRange(left.Values.OrderBy(static span => span.Offset).Select(static span => Whole(span, "removed")));
        return changes.DrainToImmutable();
    }

    private static TensorChange Whole(TensorSpan span, string kind) =>
        new(span.Name, kind, span.Element, span.Bytes, 0, null);

    private static TensorChange? Compare(
        (ModelFile File, TensorSpan Span) before, (ModelFile File, TensorSpan Span) after)
    {
        TensorSpan span = after.Span;
        byte[] one = new byte[(int)Math.Min(BufferBytes, span.Bytes)];
        byte[] other = new byte[one.Length];
        long changed = 0;
        double largest = 0;
        for (long at = 0; at < span.Bytes; at += one.Length)
        {
            int count = (int)Math.Min(one.Length, span.Bytes - at);
            if (!before.File.TryFill(before.Span.Offset + at, one.AsSpan(0, count))
                || !after.File.TryFill(span.Offset + at, other.AsSpan(0, count)))
            {
                throw new IOException($"{after.File.Name} ends before its tensors");
            }

            if (!one.AsSpan(0, count).SequenceEqual(other.AsSpan(0, count)))
            {
                (long elements, double difference) = Count(span.Element, one.AsSpan(0, count), other.AsSpan(0, count));
                changed += elements;
                largest = Math.Max(largest, difference);
            }
        }

        return changed == 0 ? null : new TensorChange(
            span.Name, "changed", span.Element, span.Bytes, changed,
            span.Element is ElementKind.Float16 or ElementKind.Float32 or ElementKind.Float64 ? largest : null);
    }

    private static (long Changed, double Largest) Count(
        ElementKind element, ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) => element switch
        {
            ElementKind.Float16 => Count<Half>(one, other),
            ElementKind.Float32 => Count<float>(one, other),
            ElementKind.Float64 => Count<double>(one, other),
            ElementKind.BFloat16 or ElementKind.Int16 => Count<ushort>(one, other),
            ElementKind.Int32 => Count<uint>(one, other),
            ElementKind.Int64 => Count<ulong>(one, other),
            ElementKind.Unknown or ElementKind.Int8 or ElementKind.UInt8 or ElementKind.Packed4 =>
                Count<byte>(one, other),
        };

    /// <summary>Elements whose numbers differ; a number that is none differs from itself and counts.</summary>
    private static (long Changed, double Largest) Count<T>(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
        where T : unmanaged, INumber<T>
    {
        ReadOnlySpan<T> left = MemoryMarshal.Cast<byte, T>(one);
        ReadOnlySpan<T> right = MemoryMarshal.Cast<byte, T>(other);
        long changed = 0;
        double largest = 0;
        for (int index = 0; index < left.Length; index++)
        {
            if (left[index] != right[index])
            {
                changed++;
                double difference = Math.Abs(double.CreateChecked(left[index]) - double.CreateChecked(right[index]));
                largest = double.IsFinite(difference) ? Math.Max(largest, difference) : largest;
            }
        }

        return (changed, largest);
    }
}
