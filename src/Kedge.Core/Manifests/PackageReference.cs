using System.Diagnostics.CodeAnalysis;

namespace Kedge.Core.Manifests;

/// <summary>
/// How a user names a package: <c>bearing:v2</c> by tag, <c>bearing@sha256:…</c> or <c>sha256:…</c> by digest.
/// </summary>
/// <param name="Model">The model's name; empty when only a digest is given.</param>
/// <param name="Tag">The tag; empty when a digest is given.</param>
/// <param name="Digest">The digest; none when a tag is given.</param>
public sealed record PackageReference(string Model, string Tag, Digest Digest)
{
    /// <summary>Reads a reference; false leaves <paramref name="reference"/> null.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PackageReference? reference)
    {
        reference = null;
        if (text is null)
        {
            return false;
        }

        if (Digest.TryParse(text, out Digest bare))
        {
            reference = new PackageReference("", "", bare);
            return true;
        }

        int at = text.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            if (Ids.IsName(text[..at]) && Digest.TryParse(text[(at + 1)..], out Digest named))
            {
                reference = new PackageReference(text[..at], "", named);
            }

            return reference is not null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && Ids.IsName(text[..colon]) && IsTag(text[(colon + 1)..]))
        {
            reference = new PackageReference(text[..colon], text[(colon + 1)..], default);
        }

        return reference is not null;
    }

    /// <summary>True for 1..63 of letters, digits, <c>_ . -</c>, the first a letter, digit or underscore.</summary>
    public static bool IsTag(string? text) =>
        text is { Length: > 0 and <= ManifestLimits.TagCharsMax }
        && (char.IsAsciiLetterOrDigit(text[0]) || text[0] == '_')
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    /// <inheritdoc/>
    public override string ToString() => (Model, Tag) switch
    {
        ("", _) => Digest.ToString(),
        (_, "") => $"{Model}@{Digest}",
        _ => $"{Model}:{Tag}",
    };
}
