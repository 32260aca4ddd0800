using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Oci;

/// <summary>Fills a span of a blob that is to be stored, from anywhere in it, the same bytes each time.</summary>
/// <param name="offset">Where to read from, in bytes.</param>
/// <param name="into">What to fill; never beyond the blob's end.</param>
/// <param name="ct">Cancels reading.</param>
public delegate ValueTask BlobReader(long offset, Memory<byte> into, CancellationToken ct);

/// <summary>
/// Where artifacts lie: a repository of a registry, or a folder. Whatever comes out of it is checked against the digest
/// that it was asked by. Every method throws <see cref="KedgeException"/> with a code of <see cref="OciErrors"/> for
/// what a user can meet, and <see cref="OperationCanceledException"/>.
/// </summary>
public interface IArtifactStore : IDisposable
{
    /// <summary>The manifest or index that a tag or digest names; null when there is none.</summary>
    Task<OciDocument?> FindManifestAsync(string reference, CancellationToken ct);

    /// <summary>Stores a manifest, whose blobs must be there.</summary>
    /// <param name="document">The manifest.</param>
    /// <param name="tag">Tag that is to name it; empty for none.</param>
    /// <param name="ct">Cancels the call.</param>
    Task PutManifestAsync(OciDocument document, string tag, CancellationToken ct);

    /// <summary>True when a blob is there.</summary>
    Task<bool> HasBlobAsync(OciDescriptor blob, CancellationToken ct);

    /// <summary>Stores a blob; what breaks is taken up again where it broke, when the store can.</summary>
    Task PutBlobAsync(OciDescriptor blob, BlobReader read, CancellationToken ct);

    /// <summary>
    /// Writes a blob to a stream. When it throws, the stream has bytes that prove nothing.
    /// </summary>
    Task GetBlobAsync(OciDescriptor blob, Stream to, CancellationToken ct);

    /// <summary>What says something about a manifest, at most <see cref="OciLimits.ReferrersMax"/>.</summary>
    Task<ImmutableArray<OciDescriptor>> ReferrersAsync(Digest subject, CancellationToken ct);

    /// <summary>Stores a manifest that says something about another, whose blobs must be there.</summary>
    /// <param name="referrer">The manifest, with the other as its subject.</param>
    /// <param name="entry">How it is listed.</param>
    /// <param name="subject">The other.</param>
    /// <param name="ct">Cancels the call.</param>
    Task PutReferrerAsync(OciDocument referrer, OciDescriptor entry, Digest subject, CancellationToken ct);
}
