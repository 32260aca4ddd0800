using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Sessions;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Triton's classification: in place of an output its highest elements, each as the text <c>VALUE:INDEX</c>, or
/// <c>VALUE:INDEX:LABEL</c> where the model has a label for it, of shape
/// <c>[COUNT]</c>, or <c>[BATCH, COUNT]</c> for a model whose tensors all begin with an axis of any size. The highest
/// comes first; of equal ones that with the lower index; what is no number comes last.
/// </summary>
public static class OutputClassifier
{
    // Longest text of a number and an index, with the colon between.
    private const int TextBytesMax = 64;

    /// <summary>
    /// Makes the classes of every output for which they are wanted. Called when the outputs are there; afterwards
    /// <see cref="InferenceCall.AnswerOf"/> has them.
    /// </summary>
    /// <returns>Null, or which output has none.</returns>
    public static Finding? Apply(InferenceCall call)
    {
        foreach (int index in call.Wanted)
        {
            int classes = call.Extensions.ClassesOf(index);
            if (classes > 0 && !TryClassify(call, index, classes))
            {
                return InferErrors.ClassificationImpossible.At(
                    $"'{call.Outputs[index].Name}' is {TensorTypes.Name(call.Outputs[index].Type)}.");
            }
        }

        return null;
    }

    private static bool TryClassify(InferenceCall call, int index, int classes)
    {
        Tensor source = call.Outputs[index];
        Tensor target = call.Extensions.ClassifiedOf(index);
        int rows = call.Signature.IsBatchable && source.Rank > 0 ? (int)source.Shape[0] : 0;
        int columns = rows > 0 ? source.ElementCount / rows : source.ElementCount;
        int taken = Math.Min(classes, columns);
        target.Begin(source.Name, TensorType.Bytes);
        Check.That(rows > 0 ? target.TryShape([rows, taken]) : target.TryShape([taken]));
        Lines lines = new(Math.Max(rows, 1), taken, call.Signature.Labels);
        return source.Type switch
        {
            TensorType.UInt8 => Each<byte>(source.Bytes, lines, target),
            TensorType.UInt16 => Each<ushort>(source.Bytes, lines, target),
            TensorType.UInt32 => Each<uint>(source.Bytes, lines, target),
            TensorType.UInt64 => Each<ulong>(source.Bytes, lines, target),
            TensorType.Int8 => Each<sbyte>(source.Bytes, lines, target),
            TensorType.Int16 => Each<short>(source.Bytes, lines, target),
            TensorType.Int32 => Each<int>(source.Bytes, lines, target),
            TensorType.Int64 => Each<long>(source.Bytes, lines, target),
            TensorType.Float16 => Each<Half>(source.Bytes, lines, target),
            TensorType.Float32 => Each<float>(source.Bytes, lines, target),
            TensorType.Float64 => Each<double>(source.Bytes, lines, target),
            TensorType.BFloat16 => EachBrain(source.Values<ushort>(), lines, target),
            TensorType.Bool or TensorType.Bytes => false,
            TensorType.Unknown => throw Check.Unreachable(source.Type),
        };
    }

    private static bool EachBrain(ReadOnlySpan<ushort> values, Lines lines, Tensor target)
    {
        float[] wide = ArrayPool<float>.Shared.Rent(values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            wide[i] = BitConverter.UInt32BitsToSingle((uint)values[i] << 16);
        }

        Each<float>(MemoryMarshal.AsBytes(wide.AsSpan(0, values.Length)), lines, target);
        ArrayPool<float>.Shared.Return(wide);
        return true;
    }

    private static bool Each<T>(ReadOnlySpan<byte> bytes, Lines lines, Tensor target)
        where T : unmanaged, IComparable<T>, IUtf8SpanFormattable
    {
        ReadOnlySpan<T> values = MemoryMarshal.Cast<byte, T>(bytes);
        int columns = values.Length / lines.Count;
        int[] order = ArrayPool<int>.Shared.Rent(lines.Taken);
        for (int line = 0; line < lines.Count; line++)
        {
            ReadOnlySpan<T> row = values.Slice(line * columns, columns);
            foreach (int best in TakeHighest(row, order.AsSpan(0, lines.Taken)))
            {
                Append(target, row[best], best, lines.Labels);
            }
        }

        ArrayPool<int>.Shared.Return(order);
        return true;
    }

    /// <summary>
    /// The indices of the highest elements, highest first, by a heap whose root is the lowest that is kept: one look at
    /// each element, and log n more for each that enters.
    /// </summary>
    private static Span<int> TakeHighest<T>(ReadOnlySpan<T> row, Span<int> heap)
        where T : IComparable<T>
    {
        for (int i = 0; i < heap.Length; i++)
        {
            heap[i] = i;
        }

        for (int at = (heap.Length / 2) - 1; at >= 0; at--)
        {
            Sink(row, heap, at);
        }

        for (int i = heap.Length; i < row.Length && heap.Length > 0; i++)
        {
            if (IsLower(row, heap[0], i))
            {
                heap[0] = i;
                Sink(row, heap, 0);
            }
        }

        for (int left = heap.Length - 1; left > 0; left--)
        {
            (heap[0], heap[left]) = (heap[left], heap[0]);
            Sink(row, heap[..left], 0);
        }

        return heap;
    }

    private static void Sink<T>(ReadOnlySpan<T> row, Span<int> heap, int at)
        where T : IComparable<T>
    {
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= heap.Length)
            {
                return;
            }

            if (child + 1 < heap.Length && IsLower(row, heap[child + 1], heap[child]))
            {
                child++;
            }

            if (!IsLower(row, heap[child], heap[at]))
            {
                return;
            }

            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    // CompareTo puts NaN below every number.
    private static bool IsLower<T>(ReadOnlySpan<T> row, int left, int right)
        where T : IComparable<T>
    {
        int order = row[left].CompareTo(row[right]);
        return order < 0 || (order == 0 && left > right);
    }

    private static void Append<T>(
        Tensor target, T value, int index, ImmutableArray<ImmutableArray<byte>> labels)
        where T : IUtf8SpanFormattable
    {
        Span<byte> text = stackalloc byte[TextBytesMax];
        Check.That(value.TryFormat(text, out int used, default, CultureInfo.InvariantCulture));
        text[used++] = (byte)':';
        Check.That(index.TryFormat(text[used..], out int digits, default, CultureInfo.InvariantCulture));
        text = text[..(used + digits)];
        if (index >= labels.Length)
        {
            target.AppendText(text);
            return;
        }

        ReadOnlySpan<byte> label = labels[index].AsSpan();
        Span<byte> whole = target.AppendText(text.Length + 1 + label.Length);
        text.CopyTo(whole);
        whole[text.Length] = (byte)':';
        label.CopyTo(whole[(text.Length + 1)..]);
    }

    /// <summary>What is taken of an output.</summary>
    /// <param name="Count">Rows, each ranked by itself.</param>
    /// <param name="Taken">Classes of each.</param>
    /// <param name="Labels">Names of classes.</param>
    private readonly record struct Lines(int Count, int Taken, ImmutableArray<ImmutableArray<byte>> Labels);
}
