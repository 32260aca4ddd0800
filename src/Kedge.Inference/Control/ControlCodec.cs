using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kedge.Core;

namespace Kedge.Inference.Control;

/// <summary>What both kinds of control line have in common.</summary>
internal static class ControlCodec
{
    internal static byte[] Checked(byte[] line)
    {
        Check.That(line.Length < InferenceLimits.ControlLineBytesMax);
        return line;
    }

    internal static bool TryParse<T>(
        ReadOnlySpan<byte> line, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? message)
        where T : class
    {
        message = null;
        if (line.Length >= InferenceLimits.ControlLineBytesMax)
        {
            return false;
        }

        try
        {
            message = JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            // Expected outcome: the line is not ours, and the caller says so.
            return false;
        }

        return message is not null;
    }
}
