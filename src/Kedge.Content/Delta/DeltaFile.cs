using System.Collections.Immutable;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Content.Delta;

/// <summary>A file that a delta is made from or for. Never compared.</summary>
/// <param name="Digest">Digest of the whole.</param>
/// <param name="File">Its length, and how it is read.</param>
/// <param name="Tensors">Where its tensors are; <see cref="TensorMap.Empty"/> where that is not known.</param>
/// <param name="Chunks">Its chunks as in the manifest that names it; may be empty, then bytes that moved are not
/// found.</param>
public sealed record DeltaFile(Digest Digest, ModelFile File, TensorMap Tensors, ImmutableArray<ChunkRef> Chunks)
{
    /// <summary>Length of the file.</summary>
    public long Bytes => File.Bytes;
}
