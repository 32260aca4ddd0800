using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Agent.Content;

/// <summary>
/// Which chunks of the files that are missing stand in files of this disk, and which file is nearest to each of them.
/// Problem: the manifests of all packages are far larger than what is looked for. Approach: nothing is read before it
/// is asked; then one manifest after the other is read and dropped, and only places of wanted chunks are kept: 24 bytes
/// for each. A place is a hint: whoever uses it checks the digest.
/// </summary>
/// <param name="store">Where content is kept.</param>
/// <param name="judge">Reads manifests.</param>
/// <param name="target">The model whose files are missing.</param>
/// <param name="missing">Those files.</param>
internal sealed class LocalContent(
    ContentStore store, PackageJudge judge, JudgedModel target, IReadOnlyList<WantedFile> missing)
{
    private readonly List<LocalFile> _files = [];
    private readonly Dictionary<(int Missing, int File), long> _shared = [];
    private ulong[] _keys = [];
    private Spot[] _spots = [];
    private bool _isRead;

    /// <summary>Where a chunk stands; null when nowhere.</summary>
    internal ChunkPlace? Find(ChunkRef chunk)
    {
        ReadOnce();
        int at = Array.BinarySearch(_keys, KeyOf(chunk));
        return at >= 0 && _spots[at].File >= 0
            ? new ChunkPlace(_files[_spots[at].File].Path, _spots[at].Offset)
            : null;
    }

    /// <summary>
    /// The file that shares most bytes with one that is missing, else the newest in its place in another package of the
    /// same model; null where there is none.
    /// </summary>
    internal LocalFile? BaseOf(PackageFile file)
    {
        ReadOnce();
        int index = 0;
        while (index < missing.Count && missing[index].File.Digest != file.Digest)
        {
            index++;
        }

        LocalFile? best = null;
        (long Shared, long Created) rank = (0, long.MinValue);
        for (int i = 0; i < _files.Count; i++)
        {
            LocalFile local = _files[i];
            long shared = _shared.GetValueOrDefault((index, i));
            bool fits = local.IsWhole && local.Digest != file.Digest
                && (shared > 0 || (local.IsSameVariant && local.Name == file.Path));
            if (fits && (best is null || (shared, local.CreatedAtMs).CompareTo(rank) > 0))
            {
                best = local;
                rank = (shared, local.CreatedAtMs);
            }
        }

        return best;
    }

    /// <summary>A whole file by its digest; null where there is none.</summary>
    internal LocalFile? FileOf(Digest digest)
    {
        ReadOnce();
        return _files.Find(f => f.IsWhole && f.Digest == digest);
    }

    private void ReadOnce()
    {
        if (_isRead)
        {
            return;
        }

        _isRead = true;
        HashSet<ulong> keys = [];
        foreach (WantedFile wanted in missing)
        {
            foreach (ChunkRef chunk in wanted.File.Chunks)
            {
                _ = keys.Add(KeyOf(chunk));
            }
        }

        _keys = new ulong[keys.Count];
        keys.CopyTo(_keys);
        Array.Sort(_keys);
        _spots = new Spot[_keys.Length];
        Array.Fill(_spots, new Spot(-1, -1, 0));
        for (int index = 0; index < missing.Count; index++)
        {
            foreach (ChunkRef chunk in missing[index].File.Chunks)
            {
                _spots[Array.BinarySearch(_keys, KeyOf(chunk))] = new Spot(-1, (short)index, 0);
            }
        }

        foreach (Digest package in store.List())
        {
            if (store.ReadEnvelope(package) is { } envelope && judge.Read(envelope, package) is { } manifest)
            {
                Read(package, manifest);
            }
        }
    }

    private void Read(Digest package, PackageManifest manifest)
    {
        foreach (ModelVariant variant in manifest.Variants)
        {
            bool isSame = manifest.Name == target.Manifest.Name && variant.Name == target.Variant.Name;
            foreach (PackageFile file in variant.Files)
            {
                Place(package, $"{ContentStore.VariantFolder(package, variant.Name)}/{file.Path}", file, new LocalFile
                {
                    Name = file.Path,
                    Digest = file.Digest,
                    Bytes = file.Bytes,
                    IsSameVariant = isSame,
                    CreatedAtMs = manifest.CreatedAtMs,
                });
            }
        }
    }

    private void Place(Digest package, string path, PackageFile file, LocalFile local)
    {
        bool isWhole = store.Length(path) == file.Bytes;
        string at = isWhole ? path : ContentStore.PartialPath(package, file);
        if (store.Length(at) is not { } length)
        {
            return;
        }

        int number = _files.Count;
        _files.Add(local with { Path = at, IsWhole = isWhole });
        long offset = 0;
        foreach (ChunkRef chunk in file.Chunks)
        {
            int found = Array.BinarySearch(_keys, KeyOf(chunk));
            if (found >= 0 && offset + chunk.Bytes <= length)
            {
                Spot spot = _spots[found];
                _shared[(spot.Missing, number)] = _shared.GetValueOrDefault((spot.Missing, number)) + chunk.Bytes;
                if (spot.File < 0 || (isWhole && !_files[spot.File].IsWhole))
                {
                    _spots[found] = spot with { File = number, Offset = offset };
                }
            }

            offset += chunk.Bytes;
        }
    }

    private static ulong KeyOf(ChunkRef chunk) => chunk.Digest.Leading;

    private readonly record struct Spot(int File, short Missing, long Offset);
}

/// <summary>A file of a package that is there.</summary>
internal sealed record LocalFile
{
    /// <summary>Where it is, a path of the disk.</summary>
    internal string Path { get; init; } = "";

    /// <summary>Its path within its variant.</summary>
    internal required string Name { get; init; }

    /// <summary>What it must be.</summary>
    internal required Digest Digest { get; init; }

    /// <summary>Its length in bytes.</summary>
    internal required long Bytes { get; init; }

    /// <summary>True when it is of the model and the variant that is fetched.</summary>
    internal required bool IsSameVariant { get; init; }

    /// <summary>When its package was made, Unix milliseconds UTC.</summary>
    internal required long CreatedAtMs { get; init; }

    /// <summary>False while it is being put together itself.</summary>
    internal bool IsWhole { get; init; }
}
