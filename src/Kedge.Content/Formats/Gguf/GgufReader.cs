using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Content.Formats.Gguf;

/// <summary>
/// Reads the header of a GGUF file, versions 2 and 3, little-endian (gguf.md of the ggml project).
/// The readers that models are made for map the file and trust its counts, so everything is checked before: counts
/// against the bytes that are left, keys and names against their rules, every tensor's place against its neighbours.
/// Reads through one buffer of 64 KiB and keeps names and places only; weights are never read, so the file may have
/// any length. It deliberately does not judge metadata beyond its form: what it means is the runtime's part.
/// </summary>
public static class GgufReader
{
    /// <summary>Reads the header of <paramref name="file"/>. Never throws, whatever the bytes.</summary>
    /// <param name="file">The file.</param>
    /// <param name="weights">What it holds; null when the answer is false.</param>
    /// <param name="finding">Why it was refused; null when the answer is true.</param>
    public static bool TryRead(ModelFile file, out WeightFile? weights, out Finding? finding)
    {
        GgufWalk walk = new(file);
        bool read = walk.TryWalk(out ImmutableArray<WeightTensor> tensors);
        finding = read ? null : walk.Failure;
        weights = !read ? null : new WeightFile
        {
            Tensors = tensors,
            Architecture = walk.Architecture,
            FileBytes = file.Bytes,
        };
        return read;
    }
}
