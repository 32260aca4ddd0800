using System.Globalization;
using System.Text;
using Kedge.Core;
using Kedge.Core.Manifests;
using YamlDotNet.Core;

namespace Kedge.ControlPlane.Manifests;

/// <summary>Reads YAML text, of which JSON is a part, into documents. It takes the parser's events one by one and
/// counts, so
/// that no text makes it allocate much more than its own size: anchors, aliases and tags are refused.</summary>
public static class ManifestYaml
{
    private const char ByteOrderMark = '\ufeff';

    /// <summary>Reads bytes in UTF-8.</summary>
    public static ManifestTextOutcome Read(ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > Limits.ManifestBytesMax)
        {
            return TooLarge(utf8.Length);
        }

        try
        {
            return ReadChecked(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(utf8.Span));
        }
        catch (DecoderFallbackException)
        {
            return new ManifestTextOutcome.Invalid([SpecErrors.Syntax.At("the text is not UTF-8")]);
        }
    }

    /// <summary>Reads text.</summary>
    public static ManifestTextOutcome Read(string text)
    {
        int bytes = Encoding.UTF8.GetByteCount(text);
        return bytes > Limits.ManifestBytesMax ? TooLarge(bytes) : ReadChecked(text);
    }

    /// <summary>Reads text and turns it into specs in one go.</summary>
    public static ManifestOutcome ReadSet(string text) => Read(text) switch
    {
        ManifestTextOutcome.Read read => ManifestReader.Read(read.Documents),
        ManifestTextOutcome.Invalid invalid => new ManifestOutcome.Invalid(invalid.Findings),
        _ => throw Check.Unreachable(),
    };

    private static ManifestTextOutcome ReadChecked(string text)
    {
        try
        {
            return new ManifestTextOutcome.Read(new YamlTree(text.TrimStart(ByteOrderMark)).ReadDocuments());
        }
        catch (YamlRefusal refusal)
        {
            return new ManifestTextOutcome.Invalid([refusal.Finding]);
        }
        catch (YamlException exception)
        {
            int line = (int)exception.Start.Line;
            string at = string.Create(CultureInfo.InvariantCulture, $"column {exception.Start.Column}: ");
            return new ManifestTextOutcome.Invalid([SpecErrors.Syntax.At(at + Reason(exception), "", line)]);
        }
    }

    private static string Reason(YamlException exception)
    {
        string message = exception.Message;
        return message.Length == 0
            ? "the text breaks off"
            : char.ToLowerInvariant(message[0]) + message[1..].TrimEnd('.');
    }

    private static ManifestTextOutcome.Invalid TooLarge(int bytes) => new([
        SpecErrors.TooLarge.At(string.Create(
            CultureInfo.InvariantCulture,
            $"the text has {bytes} bytes, at most {Limits.ManifestBytesMax} are taken")),
    ]);
}
