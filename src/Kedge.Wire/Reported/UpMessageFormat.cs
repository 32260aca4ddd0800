using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Wire.Reported;

/// <summary>The JSON of <see cref="UpMessage"/>: strict writing, tolerant and bounded reading.</summary>
public static class UpMessageFormat
{
    /// <summary>UTF-8 JSON without a line break.</summary>
    public static byte[] Write(UpMessage message) =>
        JsonSerializer.SerializeToUtf8Bytes(message, WireJson.Default.UpMessage);

    /// <summary>Reads what a device sent.</summary>
    public static UpMessage? TryRead(ReadOnlySpan<byte> bytes, out Finding? finding)
    {
        finding = null;
        if (bytes.Length > Limits.UpMessageBytesMax)
        {
            finding = WireErrors.Malformed.At($"{bytes.Length} bytes are more than {Limits.UpMessageBytesMax}");
            return null;
        }

        try
        {
            UpMessage? message = JsonSerializer.Deserialize(bytes, WireJson.Default.UpMessage);
            if (message is { V: 1, Sequence: > 0, Incarnation.Length: > 0 and <= 64 }
                && (message.Status is null ? 0 : 1) + (message.Facts is null ? 0 : 1)
                    + (message.Event is null ? 0 : 1) == 1)
            {
                return message;
            }

            finding = WireErrors.Malformed.At("version, sequence or kind is out of its range");
        }
        catch (JsonException e)
        {
            finding = WireErrors.Malformed.At($"the report cannot be read: {e.Message}");
        }

        return null;
    }
}
