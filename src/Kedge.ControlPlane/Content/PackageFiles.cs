using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.ControlPlane.Content;

/// <summary>Small files of packages that the server itself reads: graphs and labels.</summary>
internal static class PackageFiles
{
    /// <summary>The whole of a file of the first variant; empty where it is larger than labels may be, or where a chunk
    /// of it is not there.</summary>
    /// <param name="chunks">Where the bytes lie.</param>
    /// <param name="manifest">The package.</param>
    /// <param name="path">The file.</param>
    public static ReadOnlyMemory<byte> Read(ChunkFolder chunks, PackageManifest manifest, string path)
    {
        PackageFile? file = manifest.Variants[0].Files.FirstOrDefault(one => one.Path == path);
        if (file is null || file.Bytes > ModelLimits.LabelsBytesMax)
        {
            return default;
        }

        byte[] whole = new byte[file.Bytes];
        int offset = 0;
        foreach (ChunkRef chunk in file.Chunks)
        {
            if (chunks.Read(chunk.Digest) is not ChunkReading.Found found)
            {
                return default;
            }

            using StoredChunk stored = found.Chunk;
            if (stored.Plain.Length != chunk.Bytes)
            {
                return default;
            }

            stored.Plain.CopyTo(whole.AsMemory(offset));
            offset += chunk.Bytes;
        }

        return Digest.Of(whole) == file.Digest ? whole : default;
    }
}
