using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Wire.Asking;

/// <summary>The JSON of <see cref="AskMessage"/>: strict writing, tolerant and bounded reading.</summary>
public static class AskFormat
{
    /// <summary>Longest question, in bytes: names, numbers, and fields of later versions.</summary>
    public const int BytesMax = 4 * Limits.KiB;

    /// <summary>UTF-8 JSON without a line break.</summary>
    public static byte[] Write(AskMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.AskMessage);

    /// <summary>
    /// Reads a question. Null when it has no number that could be answered; what it asks is not judged here.
    /// </summary>
    public static AskMessage? TryRead(ReadOnlySpan<byte> bytes, out Finding? finding)
    {
        finding = null;
        if (bytes.Length > BytesMax)
        {
            finding = WireErrors.Malformed.At($"a question of {bytes.Length} bytes is more than {BytesMax}");
            return null;
        }

        try
        {
            AskMessage? message = JsonSerializer.Deserialize(bytes, WireJson.Default.AskMessage);
            if (message is { V: 1, Id: > 0, Ask: not null, Workload: not null })
            {
                return message;
            }

            finding = WireErrors.Malformed.At("a question has another version, or no number");
        }
        catch (JsonException e)
        {
            finding = WireErrors.Malformed.At($"a question cannot be read: {e.Message}");
        }

        return null;
    }
}
