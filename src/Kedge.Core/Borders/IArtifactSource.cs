using Kedge.Core.Device;
using Kedge.Core.Models;

namespace Kedge.Core.Borders;

/// <summary>
/// Where a device gets content, trust documents and its next certificate. It stores nothing. Every call is one attempt:
/// the caller decides when to try again.
/// </summary>
public interface IArtifactSource
{
    /// <summary>
    /// The signed envelope (DSSE, JSON) of a package. Only its length is checked, not its digest or signature.
    /// </summary>
    ValueTask<FetchOutcome> GetEnvelopeAsync(Digest package, CancellationToken cancel);

    /// <summary>A whole chunk whose digest was checked.</summary>
    /// <param name="chunk">Which.</param>
    /// <param name="begun">Its first bytes, from an attempt that broke off; empty for none.</param>
    /// <param name="cancel">Gives up.</param>
    ValueTask<FetchOutcome> GetChunkAsync(ChunkRef chunk, ReadOnlyMemory<byte> begun, CancellationToken cancel);

    /// <summary>The documents that the owner key signed, as JSON (<c>TrustDocuments</c>).</summary>
    ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel);

    /// <summary>Asks for the next certificate. Works with an expired one.</summary>
    /// <param name="request">The JSON of a <c>RenewRequest</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The JSON of an <c>EnrolResponse</c>.</returns>
    ValueTask<FetchOutcome> RenewAsync(ReadOnlyMemory<byte> request, CancellationToken cancel);
}

/// <summary>What became of one attempt to get something.</summary>
[Closed]
public abstract record FetchOutcome
{
    private FetchOutcome()
    {
    }

    /// <summary>Here it is, whole.</summary>
    /// <param name="Bytes">Its bytes.</param>
    public sealed record Done(ReadOnlyMemory<byte> Bytes) : FetchOutcome;

    /// <summary>The source does not have it; one that tells strangers nothing says <see cref="Refused"/>.</summary>
    /// <param name="Problem">What it said.</param>
    public sealed record NotFound(Problem Problem) : FetchOutcome;

    /// <summary>The source says that this device may not have it.</summary>
    /// <param name="Problem">What it said.</param>
    public sealed record Refused(Problem Problem) : FetchOutcome;

    /// <summary>What came has another digest: it was changed on its way or at the source.</summary>
    /// <param name="Found">The digest of what came.</param>
    public sealed record DigestMismatch(Digest Found) : FetchOutcome;

    /// <summary>It did not work now: no link, too busy, broken off.</summary>
    /// <param name="After">Wait as long as this at least; zero when the source did not say.</param>
    /// <param name="Begun">The first bytes that did arrive; empty for none.</param>
    /// <param name="Problem">What happened.</param>
    public sealed record RetryLater(TimeSpan After, ReadOnlyMemory<byte> Begun, Problem Problem) : FetchOutcome;
}
