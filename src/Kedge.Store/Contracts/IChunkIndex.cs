using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Store.Contracts;

/// <summary>Which chunks a tenant has; their bytes lie in a content folder. Moves no revision.</summary>
public interface IChunkIndex
{
    /// <summary>Chunks are in the content folder. Those that are there already count as touched now.</summary>
    ValueTask AddAsync(
        TenantId tenant, IReadOnlyList<ChunkRef> chunks, long atMs, CancellationToken cancellationToken);

    /// <summary>Length of one chunk in bytes; null when the tenant does not have it.</summary>
    ValueTask<int?> FindAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken);

    /// <summary>Which of these the tenant does not have, in the order asked.</summary>
    ValueTask<ImmutableArray<Digest>> MissingAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, CancellationToken cancellationToken);

    /// <summary>True when one of these packages holds the chunk: what a device may fetch.</summary>
    ValueTask<bool> IsInAnyAsync(
        TenantId tenant, Digest chunk, IReadOnlyList<Digest> packages, CancellationToken cancellationToken);

    /// <summary>How many packages hold the chunk.</summary>
    ValueTask<int> CountPackagesAsync(TenantId tenant, Digest chunk, CancellationToken cancellationToken);

    /// <summary>
    /// Chunks that no package holds and that were not touched since, in order of their digests, after one of them;
    /// from the first one on for <c>default</c>.
    /// </summary>
    ValueTask<ImmutableArray<ChunkRef>> ListUnusedAsync(
        TenantId tenant, long untouchedSinceMs, Digest after, int rowsMax, CancellationToken cancellationToken);

    /// <summary>
    /// Takes chunks out of the index that no package holds and that were not touched since; returns those taken out,
    /// whose bytes may be deleted now, in the order asked.
    /// </summary>
    ValueTask<ImmutableArray<Digest>> RemoveUnusedAsync(
        TenantId tenant, IReadOnlyList<Digest> chunks, long untouchedSinceMs, CancellationToken cancellationToken);
}
