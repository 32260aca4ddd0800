namespace Kedge.ControlPlane.Content;

/// <summary>What became of an uploaded chunk.</summary>
public enum ChunkVerdict
{
    /// <summary>Never given.</summary>
    Unknown = 0,

    /// <summary>It is there and whole.</summary>
    Stored = 1,

    /// <summary>It has another digest; nothing was kept.</summary>
    DigestMismatch = 2,

    /// <summary>It is larger than a chunk may be; nothing was kept.</summary>
    TooLarge = 3,

    /// <summary>It has no bytes.</summary>
    Empty = 4,

    /// <summary>It was coded, and is no zstd frame that says its length and keeps to it.</summary>
    Undecodable = 5,
}
