using System.Globalization;
using System.Text.Json;
using Kedge.Inference.Tensors;

namespace Kedge.Inference.Protocol;

/// <summary>
/// Numbers of a request that were read, and taken out of its text, before the rest of it had come: those at the begin
/// of the first input's <c>data</c>, where that is a flat list of FP32 behind its <c>shape</c> and <c>datatype</c>, as
/// clients write it. Whatever a request may be beyond that, <see cref="InferenceRequestReader"/> finds out.
/// </summary>
public readonly record struct EarlyList
{
    /// <summary>Index in the text of the list's opening bracket.</summary>
    public int Bracket { get; private init; }

    /// <summary>Index in the text of the first number, or of the first that was not taken out.</summary>
    public int First { get; private init; }

    /// <summary>Elements of the tensor by its shape.</summary>
    public int Elements { get; private init; }

    /// <summary>Numbers that were read.</summary>
    public int Count { get; init; }

    /// <summary>Bytes that were taken out of the text.</summary>
    public int RemovedBytes { get; init; }

    /// <summary>
    /// Where they are, with room for the other elements; it never moves. Empty where the text is too short for them.
    /// </summary>
    public Memory<byte> Values { get; init; }

    /// <summary>Looks for such a list.</summary>
    /// <param name="begin">The begin of a request.</param>
    /// <param name="found">The list, of which nothing is read.</param>
    /// <returns>False where there is none, or where its first number has not come.</returns>
    public static bool TryFind(ReadOnlySpan<byte> begin, out EarlyList found)
    {
        found = default;
        try
        {
            Utf8JsonReader reader = new(begin, isFinalBlock: false, default);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && TryEnter(ref reader, "inputs"u8, JsonTokenType.StartArray)
                && reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && TryFind(ref reader, begin, out found);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Whoever reads all of it says what is wrong.
            return false;
        }
    }

    /// <summary>Reads the next numbers, but for the last of the list.</summary>
    /// <param name="text">The text, from which those before are gone.</param>
    /// <param name="values">All elements, or as many of the first as there is room for.</param>
    /// <param name="end">Index in the text behind what was read.</param>
    /// <returns>How many were read.</returns>
    public int Read(ReadOnlySpan<byte> text, Span<float> values, out int end)
    {
        end = First;
        return First >= text.Length
            ? 0
            : DecimalRun.Read(text, ref end, values[Count..Math.Min(values.Length, Elements - 1)]);
    }

    /// <summary>Where in the whole text was what is now at an index.</summary>
    internal int WasAt(int index) => index < First ? index : index + RemovedBytes;

    /// <summary>What the framework's reader says of the rest, with the place where it was in the whole text.</summary>
    internal string Explain(JsonException failure, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> before = text[..First];
        int column = First - 1 - before.LastIndexOf((byte)'\n');
        return failure.LineNumber != before.Count((byte)'\n') || failure.BytePositionInLine < column
            ? failure.Message
            : failure.Message.Replace(
                string.Create(CultureInfo.InvariantCulture, $"BytePositionInLine: {failure.BytePositionInLine}."),
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"BytePositionInLine: {failure.BytePositionInLine + RemovedBytes}."),
                StringComparison.Ordinal);
    }

    private static bool TryFind(ref Utf8JsonReader reader, ReadOnlySpan<byte> begin, out EarlyList found)
    {
        bool isFloat = false;
        long elements = 0;
        found = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("data"u8))
            {
                return isFloat && elements > 1 && reader.Read() && reader.TokenType == JsonTokenType.StartArray
                    && TryStand((int)reader.TokenStartIndex, begin, (int)elements, out found);
            }

            if (reader.ValueTextEquals("shape"u8))
            {
                elements = ReadElements(ref reader);
            }
            else if (reader.ValueTextEquals("datatype"u8))
            {
                isFloat = reader.Read() && reader.TokenType == JsonTokenType.String
                    && TensorTypes.Parse(reader.ValueSpan) == TensorType.Float32;
            }
            else if (!reader.Read() || !reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Stands at the first number of a list; false where it begins with something else.</summary>
    private static bool TryStand(int bracket, ReadOnlySpan<byte> begin, int elements, out EarlyList found)
    {
        int first = bracket + 1;
        while (first < begin.Length && " \n\r\t"u8.Contains(begin[first]))
        {
            first++;
        }

        found = new EarlyList { Bracket = bracket, First = first, Elements = elements };
        return first < begin.Length && FastDecimal.MayBegin(begin[first]);
    }

    /// <summary>Goes to the value of a property, over those before it; false where it is of another kind.</summary>
    private static bool TryEnter(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, JsonTokenType kind)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(name))
            {
                return reader.Read() && reader.TokenType == kind;
            }

            if (!reader.Read() || !reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>How many elements a shape has; 0 where they are too many, or not to be counted.</summary>
    private static long ReadElements(ref Utf8JsonReader reader)
    {
        long elements = reader.Read() && reader.TokenType == JsonTokenType.StartArray ? 1 : 0;
        while (elements > 0 && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            elements = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int extent) && extent > 0
                && elements * extent <= InferenceLimits.TensorBytesMax / sizeof(float)
                ? elements * extent
                : 0;
        }

        return elements;
    }
}
