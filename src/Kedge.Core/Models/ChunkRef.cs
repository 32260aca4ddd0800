namespace Kedge.Core.Models;

/// <summary>One piece of a file, stored and sent by its digest.</summary>
/// <param name="Digest">SHA-256 of the piece.</param>
/// <param name="Bytes">Its length, 1..<see cref="ModelLimits.ChunkBytesMax"/> bytes.</param>
public sealed record ChunkRef(Digest Digest, int Bytes);
