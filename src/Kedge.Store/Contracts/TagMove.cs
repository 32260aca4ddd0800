using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A tag that is to name a package.</summary>
public sealed record TagMove
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>The tag: 1..63 characters of <c>A-Z a-z 0-9 . _ -</c>, first a letter or digit.</summary>
    public required string Tag { get; init; }

    /// <summary>Package that it names from now on; must be of that model.</summary>
    public required Digest Digest { get; init; }

    /// <summary>
    /// Package that it must name before, or the default digest when it must not exist; null for whichever.
    /// </summary>
    public Digest? Expected { get; init; }

    /// <summary>Now, Unix ms.</summary>
    public required long AtMs { get; init; }
}
