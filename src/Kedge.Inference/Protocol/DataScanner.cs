using System.Text.Json;
using System.Text.Unicode;
using Kedge.Core;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Reads the <c>data</c> of one tensor from JSON straight into its memory. Data is flat (one list, row-major) or nested
/// (one list per dimension, whose lengths are the shape); anything between is refused. Never reads past the body, never
/// writes past the tensor, allocates nothing but the memory of texts.
/// </summary>
internal ref struct DataScanner
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly Tensor _tensor;
    private int _position;
    private int _depth;
    private int _leafDepth;
    private int _filled;

    private DataScanner(ReadOnlySpan<byte> json, int start, int filled, Tensor tensor)
    {
        _json = json;
        _position = start;
        _filled = filled;
        _tensor = tensor;
    }

    /// <summary>Reads the array that starts at <paramref name="start"/>.</summary>
    /// <param name="json">The whole body.</param>
    /// <param name="start">Index of the opening bracket.</param>
    /// <param name="filled">Elements at its begin that the tensor has already, and the text no more; flat then.</param>
    /// <param name="tensor">Type and shape are set; gets its elements.</param>
    /// <param name="position">Index after the array; where reading stopped when it is not done.</param>
    internal static ScanResult Read(
        ReadOnlySpan<byte> json, int start, int filled, Tensor tensor, out int position)
    {
        DataScanner scanner = new(json, start, filled, tensor);
        ScanResult result = tensor.Type switch
        {
            TensorType.Bool => scanner.Numbers<byte, BoolReader>(),
            TensorType.UInt8 => scanner.Numbers<byte, UInt8Reader>(),
            TensorType.UInt16 => scanner.Numbers<ushort, UInt16Reader>(),
            TensorType.UInt32 => scanner.Numbers<uint, UInt32Reader>(),
            TensorType.UInt64 => scanner.Numbers<ulong, UInt64Reader>(),
            TensorType.Int8 => scanner.Numbers<sbyte, Int8Reader>(),
            TensorType.Int16 => scanner.Numbers<short, Int16Reader>(),
            TensorType.Int32 => scanner.Numbers<int, Int32Reader>(),
            TensorType.Int64 => scanner.Numbers<long, Int64Reader>(),
            TensorType.Float16 => scanner.Numbers<Half, HalfReader>(),
            TensorType.BFloat16 => scanner.Numbers<ushort, BrainReader>(),
            TensorType.Float32 => scanner.Numbers<float, SingleReader>(),
            TensorType.Float64 => scanner.Numbers<double, DoubleReader>(),
            TensorType.Bytes => scanner.Texts(),
            TensorType.Unknown => throw Check.Unreachable(tensor.Type),
        };
        position = scanner._position;
        return result;
    }

    private ScanResult Numbers<T, TReader>()
        where T : unmanaged
        where TReader : struct, IElementReader<T>
    {
        Span<T> values = _tensor.Values<T>();
        Span<int> counts = stackalloc int[InferenceLimits.RankMax];
        ScanResult result = Open(counts);
        while (result == ScanResult.Done && _depth > 0)
        {
            if (_depth == _leafDepth && Peek() is not ((byte)']' or (byte)'['))
            {
                if (_filled == values.Length)
                {
                    return ScanResult.NotShape;
                }

                if (_position == _json.Length)
                {
                    return ScanResult.NotJson;
                }

                result = Run<T, TReader>(values, ref counts[_depth - 1]);
                result = result == ScanResult.Done ? AfterValue(counts) : result;
            }
            else
            {
                result = Bracket(counts);
            }
        }

        return result == ScanResult.Done && _filled != values.Length ? ScanResult.NotShape : result;
    }

    /// <summary>Values one after the other, as long as nothing but a comma, and a space, stands between two.</summary>
    private ScanResult Run<T, TReader>(Span<T> values, ref int count)
        where T : unmanaged
        where TReader : struct, IElementReader<T>
    {
        ReadOnlySpan<byte> json = _json;
        int position = _position;
        int filled = _filled;
        ScanResult result;
        do
        {
            // The last one of the list is left to the other way, which knows what may follow it.
            int rest = _leafDepth > 1
                ? (int)Math.Min(_tensor.Shape[_leafDepth - 1] - count, values.Length - filled)
                : values.Length - filled;
            int read = TReader.ReadRun(json, ref position, values.Slice(filled, Math.Max(rest - 1, 0)));
            filled += read;
            count += read;
            result = TReader.Read(json, ref position, out values[filled]);
            filled += result == ScanResult.Done ? 1 : 0;
            count++;
        }
        while (result == ScanResult.Done && filled < values.Length && DecimalRun.TryNext(json, ref position));
        _position = position;
        _filled = filled;
        return result;
    }

    private ScanResult Texts()
    {
        Span<int> counts = stackalloc int[InferenceLimits.RankMax];
        ScanResult result = Open(counts);
        while (result == ScanResult.Done && _depth > 0)
        {
            if (_depth == _leafDepth && Peek() is not ((byte)']' or (byte)'['))
            {
                if (_tensor.TextCount == _tensor.ElementCount)
                {
                    return ScanResult.NotShape;
                }

                result = Text();
                counts[_depth - 1]++;
                result = result == ScanResult.Done ? AfterValue(counts) : result;
            }
            else
            {
                result = Bracket(counts);
            }
        }

        return result == ScanResult.Done && _tensor.TextCount != _tensor.ElementCount ? ScanResult.NotShape : result;
    }

    // The first bracket, and whether a second one follows: that is what makes data nested.
    private ScanResult Open(scoped Span<int> counts)
    {
        Check.That(_json[_position] == '[');
        _position++;
        _depth = 1;
        counts[0] = _filled;
        _leafDepth = _filled == 0 && Peek() == '[' ? _tensor.Rank : 1;
        return _leafDepth == 0 ? ScanResult.NotShape : ScanResult.Done;
    }

    // Standing at a bracket, or above the depth where values stand.
    private ScanResult Bracket(scoped Span<int> counts)
    {
        byte next = Peek();
        if (next == '[')
        {
            if (_depth == _leafDepth)
            {
                return ScanResult.NotShape;
            }

            counts[_depth - 1]++;
            _position++;
            counts[_depth++] = 0;
            return Peek() == 0 ? ScanResult.NotJson : ScanResult.Done;
        }

        if (next == ']')
        {
            // A comma before it has been refused by AfterValue: here the list is empty.
            return counts[_depth - 1] == 0 ? Close(counts) : ScanResult.NotJson;
        }

        return next == 0 ? ScanResult.NotJson : ScanResult.NotShape;
    }

    private ScanResult Close(scoped Span<int> counts)
    {
        if (_leafDepth > 1 && counts[_depth - 1] != _tensor.Shape[_depth - 1])
        {
            return ScanResult.NotShape;
        }

        _position++;
        _depth--;
        return _depth > 0 ? AfterValue(counts) : ScanResult.Done;
    }

    // After a value or a closed list: a comma and something, or the end of as many lists as there are.
    private ScanResult AfterValue(scoped Span<int> counts)
    {
        while (true)
        {
            byte next = Peek();
            if (next == ',')
            {
                _position++;
                return Peek() is 0 or (byte)']' or (byte)',' ? ScanResult.NotJson : ScanResult.Done;
            }

            if (next != ']')
            {
                return ScanResult.NotJson;
            }

            if (_leafDepth > 1 && counts[_depth - 1] != _tensor.Shape[_depth - 1])
            {
                return ScanResult.NotShape;
            }

            _position++;
            _depth--;
            if (_depth == 0)
            {
                return ScanResult.Done;
            }
        }
    }

    // Skips white space (RFC 8259 §2); 0 at the end.
    private byte Peek()
    {
        while (_position < _json.Length)
        {
            byte next = _json[_position];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return next;
            }

            _position++;
        }

        return 0;
    }

    private ScanResult Text()
    {
        byte first = Peek();
        if (first != '"')
        {
            return first is (>= (byte)'0' and <= (byte)'9') or (byte)'-' or (byte)'{'
                or (byte)'t' or (byte)'f' or (byte)'n'
                ? ScanResult.NotValue
                : ScanResult.NotJson;
        }

        int end = _position + 1;
        while (true)
        {
            int found = _json[end..].IndexOfAny((byte)'"', (byte)'\\');
            if (found < 0 || end + found + 1 >= _json.Length)
            {
                return ScanResult.NotJson;
            }

            end += found + 1;
            if (_json[end - 1] == '"')
            {
                break;
            }

            end++;
        }

        return Unescape(_json[_position..end], end);
    }

    private ScanResult Unescape(ReadOnlySpan<byte> token, int end)
    {
        if (!Utf8.IsValid(token))
        {
            return ScanResult.NotJson;
        }

        if (_tensor.Bytes.Length + (long)token.Length > InferenceLimits.TensorBytesMax)
        {
            return ScanResult.TooLarge;
        }

        Utf8JsonReader reader = new(token, isFinalBlock: true, default);
        reader.Read();
        Span<byte> room = _tensor.AppendText(token.Length - 2);
        _tensor.ShrinkLastText(reader.ValueIsEscaped ? reader.CopyString(room) : Copy(reader.ValueSpan, room));
        _position = end;
        return ScanResult.Done;
    }

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> room)
    {
        text.CopyTo(room);
        return text.Length;
    }
}
