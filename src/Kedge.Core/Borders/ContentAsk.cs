using Kedge.Core.Models;

namespace Kedge.Core.Borders;

/// <summary>Bytes that are asked of a source.</summary>
public sealed record ContentAsk
{
    /// <summary>Characters of an entity tag: two digests and what stands around them.</summary>
    public const int TagCharsMax = 160;

    /// <summary>Of what.</summary>
    public required ContentName Name { get; init; }

    /// <summary>The first byte of the representation that is wanted, from 0.</summary>
    public long From { get; init; }

    /// <summary>One behind the last byte that is wanted; 0 for the end of the representation.</summary>
    public long To { get; init; }

    /// <summary>
    /// The tag of the representation that <see cref="From"/> counts in: a source that has another begins anew. Empty
    /// where any will do.
    /// </summary>
    public string Tag { get; init; } = "";

    /// <summary>True when content may come zstd-compressed.</summary>
    public bool TakesZstd { get; init; }
}

/// <summary>What content is called.</summary>
[Closed]
public abstract record ContentName
{
    private ContentName()
    {
    }

    /// <summary>The signed envelope (DSSE, JSON) of a package.</summary>
    /// <param name="Package">Its digest.</param>
    public sealed record Envelope(Digest Package) : ContentName;

    /// <summary>A chunk of a file.</summary>
    /// <param name="Chunk">Which.</param>
    public sealed record OneChunk(ChunkRef Chunk) : ContentName;

    /// <summary>A file described relative to another, as a delta container.</summary>
    /// <param name="Target">Digest of the file that is wanted.</param>
    /// <param name="Base">Digest of the file that is there; none for a file described by itself.</param>
    public sealed record Delta(Digest Target, Digest Base) : ContentName;
}
