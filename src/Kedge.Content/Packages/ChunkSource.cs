using Kedge.Content.Chunking;
using Kedge.Content.Formats;
using Kedge.Core.Errors;
using Kedge.Core.Models;

namespace Kedge.Content.Packages;

/// <summary>A chunk and where its bytes lie: a package may be larger than memory. Never compared.</summary>
/// <param name="Chunk">Digest and length.</param>
/// <param name="File">The file that it is part of.</param>
/// <param name="Offset">Its first byte there.</param>
public sealed record ChunkSource(ChunkRef Chunk, ModelFile File, long Offset)
{
    /// <summary>Reads it and checks that the file still holds what was packaged.</summary>
    /// <param name="into">Room for exactly the chunk.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public Finding? Read(Span<byte> into) =>
        File.TryFill(Offset, into) && FileVerifier.Check(Chunk, into) is null ? null : VariantInspector.Changed(File);
}
