using System.Collections.Immutable;
using Kedge.Core.Errors;

namespace Kedge.Core.Models;

/// <summary>
/// The part of <see cref="PackageManifestCheck"/> that looks at files: paths, sizes, digests, chunks.
/// </summary>
internal static class FileChecks
{
    internal static void Files(ModelVariant variant, string at, ImmutableArray<Finding>.Builder findings)
    {
        if (variant.Files.Length is 0 or > ModelLimits.FilesPerVariantMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {variant.Files.Length} files; 1 to {ModelLimits.FilesPerVariantMax} are allowed.",
                at + ".files"));
        }

        for (int index = 0; index < variant.Files.Length; index++)
        {
            One(variant.Files[index], $"{at}.files[{index}]", ModelLimits.FileBytesMax, findings);
        }

        if (!variant.Files.Any(file => string.Equals(file.Path, variant.EntryFile, StringComparison.Ordinal)))
        {
            findings.Add(ModelErrors.EntryFile.At("The entry file is not among the files.", at + ".entryFile"));
        }

        Places(variant.Files.Select(static file => file.Path), at + ".files", findings);
    }

    internal static void One(PackageFile file, string at, long bytesMax, ImmutableArray<Finding>.Builder findings)
    {
        if (!PackagePaths.IsValid(file.Path))
        {
            findings.Add(ModelErrors.Path.At("The path is not allowed in a package.", at + ".path"));
        }

        if (file.Bytes < 1 || file.Bytes > bytesMax)
        {
            findings.Add(ModelErrors.Size.At($"The file must have 1 to {bytesMax} bytes.", at + ".bytes"));
        }

        if (file.Digest.IsNone || file.Chunks.Any(static chunk => chunk.Digest.IsNone))
        {
            findings.Add(ModelErrors.DigestMissing.At("The file or one of its chunks has no digest.", at));
        }

        if (file.Chunks.Any(static chunk => chunk.Bytes is < 1 or > ModelLimits.ChunkBytesMax))
        {
            findings.Add(ModelErrors.Size.At(
                $"A chunk must have 1 to {ModelLimits.ChunkBytesMax} bytes.", at + ".chunks"));
        }

        if (file.Chunks.Sum(static chunk => (long)chunk.Bytes) != file.Bytes)
        {
            findings.Add(ModelErrors.ChunkSum.At("The chunks do not add up to the file.", at + ".chunks"));
        }
    }

    internal static void Whole(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        long bytes = 0;
        long chunks = 0;
        Dictionary<Digest, int> lengths = new(manifest.AllFiles().Sum(static file => file.Chunks.Length));
        bool differs = false;
        foreach (PackageFile file in manifest.AllFiles())
        {
            bytes += Math.Clamp(file.Bytes, 0, ModelLimits.FileBytesMax);
            chunks += file.Chunks.Length;
            foreach (ChunkRef chunk in file.Chunks)
            {
                differs |= !lengths.TryAdd(chunk.Digest, chunk.Bytes) && lengths[chunk.Digest] != chunk.Bytes;
            }
        }

        if (bytes > ModelLimits.PackageBytesMax)
        {
            findings.Add(ModelErrors.Size.At(
                $"The files have {bytes} bytes together; at most {ModelLimits.PackageBytesMax} are allowed."));
        }

        if (chunks > ModelLimits.ChunksMax)
        {
            findings.Add(ModelErrors.Count.At(
                $"There are {chunks} chunks in all; at most {ModelLimits.ChunksMax} are allowed."));
        }

        if (differs)
        {
            findings.Add(ModelErrors.ChunkSum.At("One chunk digest is given two lengths."));
        }

        GoldenPlace(manifest, findings);
    }

    /// <summary>The golden file lies beside the variant's files, so it must not be in the way of any of them.</summary>
    private static void GoldenPlace(PackageManifest manifest, ImmutableArray<Finding>.Builder findings)
    {
        if (manifest.Golden is not { } golden)
        {
            return;
        }

        foreach (ModelVariant variant in manifest.Variants)
        {
            if (variant.Files.Any(file => Clash(file.Path, golden.File.Path)))
            {
                findings.Add(ModelErrors.DuplicatePath.At(
                    "The golden file and a variant's file are at the same place.", "golden.file.path"));
                return;
            }
        }
    }

    private static void Places(IEnumerable<string> paths, string at, ImmutableArray<Finding>.Builder findings)
    {
        string[] sorted = [.. paths.Take(ModelLimits.FilesPerVariantMax)];
        for (int later = 1; later < sorted.Length; later++)
        {
            for (int earlier = 0; earlier < later; earlier++)
            {
                if (Clash(sorted[earlier], sorted[later]))
                {
                    findings.Add(ModelErrors.DuplicatePath.At(
                        $"Files {earlier} and {later} are at the same place.", $"{at}[{later}].path"));
                    return;
                }
            }
        }
    }

    private static bool Clash(string one, string other) =>
        string.Equals(one, other, StringComparison.OrdinalIgnoreCase)
        || one.StartsWith(other + "/", StringComparison.OrdinalIgnoreCase)
        || other.StartsWith(one + "/", StringComparison.OrdinalIgnoreCase);
}
