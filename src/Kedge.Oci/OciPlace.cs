using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Kedge.Core;

namespace Kedge.Oci;

/// <summary>Where an artifact lies or is to lie.</summary>
[Closed]
public abstract record OciPlace
{
    private const string RegistryPrefix = "oci://";
    private const string LayoutPrefix = "oci-layout:";

    private OciPlace()
    {
    }

    /// <summary>A repository of a registry.</summary>
    /// <param name="Authority">Host and port as written.</param>
    /// <param name="Repository">Name of the repository.</param>
    /// <param name="Reference">Tag or digest.</param>
    public sealed record Registry(string Authority, string Repository, string Reference) : OciPlace
    {
        /// <inheritdoc/>
        public override string ToString() =>
            RegistryPrefix + Authority + "/" + Repository + (Digest.TryParse(Reference, out _) ? "@" : ":") + Reference;
    }

    /// <summary>A folder as an image layout.</summary>
    /// <param name="Folder">The folder's path.</param>
    /// <param name="Reference">Tag or digest.</param>
    public sealed record Layout(string Folder, string Reference) : OciPlace
    {
        /// <inheritdoc/>
        public override string ToString() => $"{LayoutPrefix}{Folder}:{Reference}";
    }

    /// <summary>Tag or digest of the artifact; <c>latest</c> when none was written.</summary>
    public string Tag => this switch
    {
        Registry registry => registry.Reference,
        Layout layout => layout.Reference,
        _ => throw Check.Unreachable(this),
    };

    /// <summary>True for text that is meant as a place, well written or not.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith(RegistryPrefix, StringComparison.Ordinal)
        || text.StartsWith(LayoutPrefix, StringComparison.Ordinal);

    /// <summary>Reads a place as a user writes it.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out OciPlace? place)
    {
        place = null;
        if (text.StartsWith(LayoutPrefix, StringComparison.Ordinal))
        {
            (string folder, string reference) = Split(text[LayoutPrefix.Length..]);
            place = folder.Length > 0 && IsReference(reference) ? new Layout(folder, reference) : null;
            return place is not null;
        }

        int slash = text.StartsWith(RegistryPrefix, StringComparison.Ordinal)
            ? text.IndexOf('/', RegistryPrefix.Length)
            : -1;
        if (slash < 0)
        {
            return false;
        }

        string authority = text[RegistryPrefix.Length..slash];
        (string repository, string tag) = Split(text[(slash + 1)..]);
        place = IsAuthority(authority) && IsRepository(repository) && IsReference(tag)
            ? new Registry(authority, repository, tag)
            : null;
        return place is not null;
    }

    /// <summary>True for a tag as registries have them.</summary>
    public static bool IsTag(string text) =>
        text.Length is > 0 and <= OciLimits.TagCharsMax
        && (char.IsAsciiLetterOrDigit(text[0]) || text[0] == '_')
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static bool IsReference(string text) => IsTag(text) || Digest.TryParse(text, out _);

    /// <summary>Splits the tag or digest off; a colon before the last slash is part of a path.</summary>
    private static (string Path, string Reference) Split(string text)
    {
        int at = text.LastIndexOf('@');
        if (at > 0)
        {
            return (text[..at], text[(at + 1)..]);
        }

        int colon = text.LastIndexOf(':');
        return colon > text.LastIndexOf('/') ? (text[..colon], text[(colon + 1)..]) : (text, "latest");
    }

    private static bool IsAuthority(string text)
    {
        int colon = text.EndsWith(']') ? -1 : text.LastIndexOf(':');
        string host = colon >= 0 ? text[..colon] : text;
        bool isPort = colon < 0 || (ushort.TryParse(
            text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0);
        return isPort && host.Length is > 0 and <= 253 && Uri.CheckHostName(host) != UriHostNameType.Unknown;
    }

    private static bool IsRepository(string text) =>
        text.Length <= OciLimits.RepositoryCharsMax && text.Split('/').All(static part =>
            part.Length > 0
            && IsLowerOrDigit(part[0])
            && IsLowerOrDigit(part[^1])
            && part.All(static c => IsLowerOrDigit(c) || c is '.' or '_' or '-'));

    private static bool IsLowerOrDigit(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
