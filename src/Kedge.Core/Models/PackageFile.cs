using System.Collections.Immutable;

namespace Kedge.Core.Models;

/// <summary>One file of a package: where it is put, what it must hash to, and the chunks that make it up in order.
/// Never compared as a record: compare <see cref="Digest"/>.</summary>
public sealed record PackageFile
{
    /// <summary>Relative path with forward slashes, as <see cref="PackagePaths.IsValid"/> defines it.</summary>
    public required string Path { get; init; }

    /// <summary>Length of the whole file, 1..<see cref="ModelLimits.FileBytesMax"/> bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of the whole file.</summary>
    public required Digest Digest { get; init; }

    /// <summary>The file's pieces in order; their lengths add up to <see cref="Bytes"/>.</summary>
    public required ImmutableArray<ChunkRef> Chunks { get; init; }
}
