using Kedge.Core.Device;

namespace Kedge.Core.Borders;

/// <summary>
/// Where a device gets content, trust documents and its next certificate. It stores nothing. Every call is one attempt:
/// the caller decides when to try again.
/// </summary>
public interface IArtifactSource
{
    /// <summary>
    /// Streams content to a sink, from any byte on. Nothing of it is judged but that the answer fits what was asked:
    /// whoever takes it checks digests. Bytes that arrived are in the sink, whatever the outcome.
    /// </summary>
    /// <param name="ask">What, from where on.</param>
    /// <param name="sink">Takes it piece by piece, in order; the line waits while it does.</param>
    /// <param name="cancel">Gives up.</param>
    ValueTask<StreamOutcome> StreamAsync(ContentAsk ask, IContentSink sink, CancellationToken cancel);

    /// <summary>The documents that the owner key signed, as JSON (<c>TrustDocuments</c>).</summary>
    ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel);

    /// <summary>The roster of the device's site, as JSON (<c>RosterMessage</c>).</summary>
    ValueTask<FetchOutcome> GetNeighboursAsync(CancellationToken cancel);

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

    /// <summary>It did not work now: no link, too busy, broken off.</summary>
    /// <param name="After">Wait as long as this at least; zero when the source did not say.</param>
    /// <param name="Problem">What happened.</param>
    public sealed record RetryLater(TimeSpan After, Problem Problem) : FetchOutcome;
}
