using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using Kedge.Content.Packages;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Store.Contracts;

namespace Kedge.ControlPlane.Content;

/// <summary>
/// Which files packages hold, by digest. Packages never change, so what was read of one manifest is kept: without its
/// chunks, of which there may be a hundred thousand. Safe for many callers.
/// </summary>
internal sealed class FileCatalog(IKedgeStore store, TenantId tenant)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Digest, CataloguedPackage> _kept = [];

    /// <summary>A file of one of these packages; null when none holds it.</summary>
    public async ValueTask<CataloguedFile?> FindAsync(
        IReadOnlyList<Digest> packages, Digest file, CancellationToken ct)
    {
        foreach (Digest digest in packages)
        {
            if (await FindAsync(digest, file, ct).ConfigureAwait(false) is CataloguedFile found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>A file of any package of a model, the newest first; null when none holds it.</summary>
    public async ValueTask<CataloguedFile?> FindInModelAsync(string model, Digest file, CancellationToken ct)
    {
        Page<PackageRow> newest = await store.Packages
            .ListAsync(tenant, model, null, ServerLimits.BasePackagesMax, ct).ConfigureAwait(false);
        return await FindAsync([.. newest.Items.Select(p => p.Digest)], file, ct).ConfigureAwait(false);
    }

    /// <summary>A file with its chunks; null when the package has gone meanwhile.</summary>
    public async ValueTask<ReadFile?> ReadAsync(CataloguedFile file, CancellationToken ct)
    {
        PackageManifest? manifest = await ManifestAsync(file.Package, ct).ConfigureAwait(false);
        PackageFile? found = manifest?.AllFiles().FirstOrDefault(f => f.Digest == file.Digest);
        if (manifest is null || found is null)
        {
            return null;
        }

        ModelVariant? variant = manifest.Variants
            .FirstOrDefault(v => v.Format == ModelFormat.Onnx && v.Files.Any(f => f.Digest == file.Digest));
        PackageFile? entry = variant?.Files.FirstOrDefault(f => f.Path == variant.EntryFile);
        return new ReadFile(found, entry is null || entry.Digest == found.Digest ? null : entry);
    }

    private async ValueTask<CataloguedFile?> FindAsync(Digest package, Digest file, CancellationToken ct)
    {
        CataloguedPackage? kept;
        lock (_lock)
        {
            kept = _kept.GetValueOrDefault(package);
        }

        kept ??= Keep(package, await ManifestAsync(package, ct).ConfigureAwait(false));
        return kept is not null && kept.Files.TryGetValue(file, out long bytes)
            ? new CataloguedFile(package, kept.Model, file, bytes)
            : null;
    }

    private CataloguedPackage? Keep(Digest package, PackageManifest? manifest)
    {
        if (manifest is null)
        {
            return null;
        }

        CataloguedPackage kept = new(
            manifest.Name,
            manifest.AllFiles().DistinctBy(f => f.Digest).ToFrozenDictionary(f => f.Digest, f => f.Bytes));
        lock (_lock)
        {
            if (_kept.Count >= ServerLimits.ManifestCacheMax)
            {
                _kept.Clear();
            }

            _kept[package] = kept;
        }

        return kept;
    }

    private async ValueTask<PackageManifest?> ManifestAsync(Digest package, CancellationToken ct)
    {
        PackageContent? content = await store.Packages.FindAsync(tenant, package, ct).ConfigureAwait(false);
        return content is not null
            && PackageFormat.TryRead(Encoding.UTF8.GetBytes(content.ManifestJson), out PackageManifest? manifest, out _)
            ? manifest
            : null;
    }

    private sealed record CataloguedPackage(string Model, FrozenDictionary<Digest, long> Files);
}

/// <summary>A file and a package that holds it.</summary>
/// <param name="Package">The package.</param>
/// <param name="Model">Name of its model.</param>
/// <param name="Digest">The file.</param>
/// <param name="Bytes">Its length, in bytes.</param>
internal sealed record CataloguedFile(Digest Package, string Model, Digest Digest, long Bytes);

/// <summary>A file with its chunks.</summary>
/// <param name="File">The file.</param>
/// <param name="Model">
/// The ONNX file beside it that may take weights from it; null for any other file, and for the model itself.
/// </param>
internal sealed record ReadFile(PackageFile File, PackageFile? Model);
