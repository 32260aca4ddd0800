using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Models;

namespace Kedge.Tests.Support.Devices;

/// <summary>An artifact source in memory. Everything completes on the caller's thread.</summary>
public sealed class MemorySource : IArtifactSource
{
    private static readonly Problem Away = new("KEDGE-TEST-002", "no network");

    /// <summary>Envelopes by package.</summary>
    public Dictionary<Digest, byte[]> Envelopes { get; } = [];

    /// <summary>Chunks by digest.</summary>
    public Dictionary<Digest, byte[]> Chunks { get; } = [];

    /// <summary>Answer to <see cref="GetTrustAsync"/>; null when it is away.</summary>
    public byte[]? Trust { get; set; }

    /// <summary>Answers a renewal; null when it is away.</summary>
    public Func<byte[], byte[]>? Renewal { get; set; }

    /// <summary>When set, asked before a renewal is answered: another outcome than null is given instead.</summary>
    public Func<FetchOutcome?>? RenewalFault { get; set; }

    /// <summary>True while nothing can be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>When set, asked before each chunk is given: another outcome than null is given instead.</summary>
    public Func<ChunkRef, FetchOutcome?>? ChunkFault { get; set; }

    /// <summary>Chunks that were asked for, in order.</summary>
    public List<Digest> Asked { get; } = [];

    public ValueTask<FetchOutcome> GetEnvelopeAsync(Digest package, CancellationToken cancel) =>
        ValueTask.FromResult(Find(Envelopes, package));

    public ValueTask<FetchOutcome> GetChunkAsync(
        ChunkRef chunk, ReadOnlyMemory<byte> begun, CancellationToken cancel)
    {
        Asked.Add(chunk.Digest);
        FetchOutcome outcome = ChunkFault?.Invoke(chunk) ?? Find(Chunks, chunk.Digest);
        return ValueTask.FromResult(outcome is FetchOutcome.Done done && Digest.Of(done.Bytes.Span) != chunk.Digest
            ? new FetchOutcome.DigestMismatch(Digest.Of(done.Bytes.Span))
            : outcome);
    }

    public ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel) => ValueTask.FromResult<FetchOutcome>(
        IsAway || Trust is null ? new FetchOutcome.RetryLater(default, default, Away) : new FetchOutcome.Done(Trust));

    public ValueTask<FetchOutcome> RenewAsync(ReadOnlyMemory<byte> request, CancellationToken cancel) =>
        ValueTask.FromResult(
            RenewalFault?.Invoke() is { } fault ? fault
            : IsAway || Renewal is null
                ? new FetchOutcome.RetryLater(default, default, Away)
                : new FetchOutcome.Done(Renewal(request.ToArray())));

    private FetchOutcome Find(Dictionary<Digest, byte[]> all, Digest digest) =>
        IsAway ? new FetchOutcome.RetryLater(default, default, Away)
        : all.TryGetValue(digest, out byte[]? bytes) ? new FetchOutcome.Done(bytes)
        : new FetchOutcome.NotFound(new Problem("KEDGE-TEST-003", "not here"));
}
