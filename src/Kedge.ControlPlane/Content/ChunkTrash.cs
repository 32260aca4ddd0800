using Kedge.Core;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// How a chunk's file goes. Problem: a push may name a chunk again in the very moment in which it is removed, and
/// several servers may collect in one folder, each of which may be killed at any step. So a file never goes at once: it
/// is moved to <c>trash</c>, then the index is asked again, and only then it is deleted or put back. A push looks for
/// the file after it has put the chunk into the index; so either it misses the file and sends it again, or the index
/// that is asked here has it. What lies in <c>trash</c> after a kill is judged by the next run in the same way.
/// </summary>
internal sealed class ChunkTrash(string folder)
{
    private readonly string _trash = Path.Combine(folder, "trash");

    /// <summary>Takes a chunk's file away, in whatever form it is there.</summary>
    public void Take(Digest digest)
    {
        foreach (string name in (string[])[digest.Hex, digest.Hex + ChunkFolder.CodedSuffix])
        {
            FileMoves.Try(Path.Combine(folder, digest.Hex[..2], name), Path.Combine(_trash, name));
        }
    }

    /// <summary>What lies in the trash, of this run and of those that were killed.</summary>
    public IEnumerable<ChunkFile> Files() => ChunkFile.In(_trash);

    /// <summary>The index has it: it goes back.</summary>
    public void PutBack(ChunkFile file) =>
        FileMoves.PutBack(file.Path, Path.Combine(folder, file.Digest.Hex[..2], Path.GetFileName(file.Path)));
}

/// <summary>A file whose name says which chunk it is.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Digest">The chunk.</param>
internal readonly record struct ChunkFile(string Path, Digest Digest)
{
    /// <summary>The chunks in one folder; other files are left alone.</summary>
    public static IEnumerable<ChunkFile> In(string folder)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (string path in Directory.EnumerateFiles(folder))
        {
            if (TryParse(System.IO.Path.GetFileName(path), out Digest digest))
            {
                yield return new ChunkFile(path, digest);
            }
        }
    }

    /// <summary>True for the name of a chunk's file, in either form.</summary>
    public static bool TryParse(string name, out Digest digest)
    {
        string hex = name.EndsWith(ChunkFolder.CodedSuffix, StringComparison.Ordinal)
            ? name[..^ChunkFolder.CodedSuffix.Length]
            : name;
        return Digest.TryParse("sha256:" + hex, out digest);
    }
}
