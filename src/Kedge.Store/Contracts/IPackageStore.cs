using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Store.Contracts;

/// <summary>Models: packages never change, tags move.</summary>
public interface IPackageStore
{
    /// <summary>Stores a package; the same one twice is no change.</summary>
    ValueTask<PackageOutcome> PutAsync(TenantId tenant, PackageWrite write, CancellationToken cancellationToken);

    /// <summary>One package, whole; null when there is none.</summary>
    ValueTask<PackageContent?> FindAsync(TenantId tenant, Digest digest, CancellationToken cancellationToken);

    /// <summary>
    /// Packages, newest first; of one model, or of all for null. <see cref="Page{T}.Next"/> is the revision to go on
    /// before.
    /// </summary>
    ValueTask<Page<PackageRow>> ListAsync(
        TenantId tenant, string? name, long? beforeRevision, int rowsMax, CancellationToken cancellationToken);

    /// <summary>Models in order of their names, after one, with their tags.</summary>
    ValueTask<Page<ModelRow>> ListModelsAsync(
        TenantId tenant, string? after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>The package that a model's tag names; null when there is no such tag.</summary>
    ValueTask<PackageRow?> ResolveAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken);

    /// <summary>Chunks of one package in order of their digests; empty when there is none.</summary>
    ValueTask<ImmutableArray<ChunkRef>> ChunksAsync(
        TenantId tenant, Digest digest, CancellationToken cancellationToken);

    /// <summary>Removes a package that no kept revision of a deployment names, and the tags that name it.</summary>
    ValueTask<PackageDeletion> DeleteAsync(TenantId tenant, Digest digest, CancellationToken cancellationToken);

    /// <summary>Makes a tag name a package.</summary>
    ValueTask<TagOutcome> MoveTagAsync(TenantId tenant, TagMove move, CancellationToken cancellationToken);

    /// <summary>Removes a tag; false when there is none.</summary>
    ValueTask<bool> DeleteTagAsync(TenantId tenant, string name, string tag, CancellationToken cancellationToken);

    /// <summary>What a tag named, newest first, at most <see cref="StoreLimits.TagHistoryMax"/>.</summary>
    ValueTask<ImmutableArray<TagRow>> TagHistoryAsync(
        TenantId tenant, string name, string tag, CancellationToken cancellationToken);
}
