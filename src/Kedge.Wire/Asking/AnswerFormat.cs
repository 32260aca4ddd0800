using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Kedge.Core;

namespace Kedge.Wire.Asking;

/// <summary>
/// The JSON of <see cref="AnswerMessage"/>. An answer is one message of at most <see cref="Limits.UpMessageBytesMax"/>:
/// where the text does not fit, its oldest lines are left out.
/// </summary>
public static class AnswerFormat
{
    /// <summary>What the answer needs beside its text, in bytes: braces, names, number.</summary>
    private const int FrameBytes = 128;

    /// <summary>Longest error, in characters; each takes at most six bytes.</summary>
    private const int ErrorCharsMax = 1000;

    /// <summary>Log lines are read by people, never by a browser: only what JSON itself demands is escaped.</summary>
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>UTF-8 JSON without a line break, never longer than one message.</summary>
    public static byte[] Write(AnswerMessage answer)
    {
        string error = answer.Error.Length <= ErrorCharsMax ? answer.Error : answer.Error[..ErrorCharsMax];
        int room = Limits.UpMessageBytesMax - FrameBytes - BytesOf(error);
        ArrayBufferWriter<byte> buffer = new(1024);
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = Encoder }))
        {
            json.WriteStartObject();
            json.WriteNumber("v", 1);
            json.WriteNumber("id", answer.Id);
            json.WriteString("text", Newest(answer.Text, room));
            if (error.Length > 0)
            {
                json.WriteString("error", error);
            }

            json.WriteEndObject();
        }

        Check.That(buffer.WrittenCount <= Limits.UpMessageBytesMax);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what a device sent; null when it is none.</summary>
    public static AnswerMessage? TryRead(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length > Limits.UpMessageBytesMax)
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4 });
            JsonElement root = document.RootElement;
            return new AnswerMessage(
                root.GetProperty("id").GetInt64(),
                root.GetProperty("text").GetString() ?? "",
                root.TryGetProperty("error", out JsonElement e) ? e.GetString() ?? "" : "");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }

    /// <summary>The longest run of whole lines at the end that takes no more than this many bytes.</summary>
    private static ReadOnlySpan<char> Newest(string text, int bytesMax)
    {
        int start = text.Length;
        int bytes = 0;
        while (start > 0)
        {
            // The line feed before `start` ends the line that is looked at.
            int line = start < 2 ? 0 : text.LastIndexOf('\n', start - 2) + 1;
            bytes += BytesOf(text.AsSpan(line, start - line));
            if (bytes > bytesMax)
            {
                break;
            }

            start = line;
        }

        return start == text.Length ? LastPart(text, bytesMax) : text.AsSpan(start);
    }

    /// <summary>Of one line that is too long alone, its end.</summary>
    private static ReadOnlySpan<char> LastPart(string text, int bytesMax)
    {
        int start = Math.Max(0, text.Length - (bytesMax / 6));
        return text.AsSpan(start < text.Length && char.IsLowSurrogate(text[start]) ? start + 1 : start);
    }

    /// <summary>Bytes of JSON that the text takes; ill-formed UTF-16 is written as U+FFFD.</summary>
    private static int BytesOf(ReadOnlySpan<char> text)
    {
        int bytes = 0;
        foreach (System.Text.Rune rune in text.EnumerateRunes())
        {
            bytes += Encoder.WillEncode(rune.Value) ? EscapedBytesMax(rune) : rune.Utf8SequenceLength;
        }

        return bytes;
    }

    private static int EscapedBytesMax(System.Text.Rune rune) => rune.Value switch
    {
        '\n' or '\r' or '\t' or '\b' or '\f' or '"' or '\\' => 2,
        _ => rune.Utf16SequenceLength * 6,
    };
}
