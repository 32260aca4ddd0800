using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Zstd;

namespace Kedge.Tests.Support.Devices;

/// <summary>
/// An artifact source in memory: a server that keeps the same rules as the real one, and a line that breaks where a
/// test wants it to. Everything completes on the caller's thread as long as the sink does.
/// </summary>
public sealed class MemorySource : IArtifactSource
{
    private const int PieceBytes = 16 * 1024;
    private static readonly Problem Away = new("KEDGE-TEST-002", "no network");
    private static readonly Problem Absent = new("KEDGE-TEST-003", "not here");
    private readonly Dictionary<Digest, byte[]> _coded = [];

    /// <summary>Envelopes by package.</summary>
    public Dictionary<Digest, byte[]> Envelopes { get; } = [];

    /// <summary>Chunks by digest.</summary>
    public Dictionary<Digest, byte[]> Chunks { get; } = [];

    /// <summary>Answer to <see cref="GetTrustAsync"/>; null when it is away.</summary>
    public byte[]? Trust { get; set; }

    /// <summary>Answer to <see cref="GetNeighboursAsync"/>; null for a server that is too old to know any.</summary>
    public byte[]? Roster { get; set; }

    /// <summary>Answers a renewal; null when it is away.</summary>
    public Func<byte[], byte[]>? Renewal { get; set; }

    /// <summary>When set, asked before a renewal is answered: another outcome than null is given instead.</summary>
    public Func<FetchOutcome?>? RenewalFault { get; set; }

    /// <summary>True while nothing can be reached.</summary>
    public bool IsAway { get; set; }

    /// <summary>True gives content compressed to who takes it so.</summary>
    public bool IsCoding { get; set; }

    /// <summary>When set, what is given as content compressed to who takes it so; null gives the content.</summary>
    public Func<ContentName, byte[]?>? Frames { get; set; }

    /// <summary>A number of the server: another one gives the same content under other tags.</summary>
    public int Server { get; set; } = 1;

    /// <summary>When set, asked before each chunk is given: another outcome than null is given instead.</summary>
    public Func<ChunkRef, StreamOutcome?>? ChunkFault { get; set; }

    /// <summary>When set, asked before each stream: after so many bytes of it the line breaks.</summary>
    public Func<ContentAsk, long>? BreakAfter { get; set; }

    /// <summary>When set, told of every piece before it is given.</summary>
    public Action<int>? OnPiece { get; set; }

    /// <summary>Gives a delta container of two files; null gives none.</summary>
    public Func<Digest, Digest, byte[]?>? Deltas { get; set; }

    /// <summary>When set, asked before each delta is given: another outcome than null is given instead.</summary>
    public Func<StreamOutcome?>? DeltaFault { get; set; }

    /// <summary>Chunks that were asked for, in order.</summary>
    public List<Digest> Asked { get; } = [];

    /// <summary>Everything that was asked for, in order.</summary>
    public List<ContentAsk> Asks { get; } = [];

    /// <summary>Bytes that were given, by kind of content.</summary>
    public Dictionary<string, long> Given { get; } = [];

    public async ValueTask<StreamOutcome> StreamAsync(ContentAsk ask, IContentSink sink, CancellationToken cancel)
    {
        Asks.Add(ask);
        if (ask.Name is ContentName.OneChunk asked)
        {
            Asked.Add(asked.Chunk.Digest);
        }

        if (IsAway)
        {
            return new StreamOutcome.Later(default, Away);
        }

        StreamOutcome? fault = ask.Name switch
        {
            ContentName.OneChunk chunk => ChunkFault?.Invoke(chunk.Chunk),
            ContentName.Delta => DeltaFault?.Invoke(),
            _ => null,
        };
        return fault ?? (Find(ask.Name) is { } bytes
            ? await GiveAsync(ask, bytes, sink, cancel).ConfigureAwait(false)
            : new StreamOutcome.NotFound(Absent));
    }

    public ValueTask<FetchOutcome> GetTrustAsync(CancellationToken cancel) => ValueTask.FromResult<FetchOutcome>(
        IsAway || Trust is null ? new FetchOutcome.RetryLater(default, Away) : new FetchOutcome.Done(Trust));

    public ValueTask<FetchOutcome> GetNeighboursAsync(CancellationToken cancel) =>
        ValueTask.FromResult<FetchOutcome>(
            IsAway ? new FetchOutcome.RetryLater(default, Away)
            : Roster is null ? new FetchOutcome.NotFound(new Problem("KEDGE-TEST-003", "not here"))
            : new FetchOutcome.Done(Roster));

    public ValueTask<FetchOutcome> RenewAsync(ReadOnlyMemory<byte> request, CancellationToken cancel) =>
        ValueTask.FromResult(
            RenewalFault?.Invoke() is { } fault ? fault
            : IsAway || Renewal is null
                ? new FetchOutcome.RetryLater(default, Away)
                : new FetchOutcome.Done(Renewal(request.ToArray())));

    private byte[]? Find(ContentName name) => name switch
    {
        ContentName.Envelope envelope => Envelopes.GetValueOrDefault(envelope.Package),
        ContentName.OneChunk chunk => Chunks.GetValueOrDefault(chunk.Chunk.Digest),
        ContentName.Delta delta => Deltas?.Invoke(delta.Target, delta.Base),
        _ => throw Check.Unreachable(name),
    };

    private async ValueTask<StreamOutcome> GiveAsync(
        ContentAsk ask, byte[] plain, IContentSink sink, CancellationToken cancel)
    {
        byte[] coded = IsCoding && ask.TakesZstd && ask.Name is not ContentName.Delta ? Coded(plain) : plain;
        byte[]? forged = ask.TakesZstd ? Frames?.Invoke(ask.Name) : null;
        byte[] bytes = forged ?? (coded.Length < plain.Length ? coded : plain);
        bool isZstd = bytes != plain;
        string tag = $"\"{Digest.Of(plain)}-{Server}{(isZstd ? "-zstd" : "")}\"";
        bool isPart = (ask.From > 0 || ask.To > 0) && (ask.Tag.Length == 0 || ask.Tag == tag)
            && ask.From < bytes.Length;
        int at = isPart ? (int)ask.From : 0;
        int end = isPart && ask.To > 0 ? (int)Math.Min(ask.To, bytes.Length) : bytes.Length;
        long breaksAt = at + (BreakAfter?.Invoke(ask) ?? long.MaxValue / 2);
        if (!await sink.BeginAsync(new ContentHead(tag, isZstd, at, bytes.Length), cancel).ConfigureAwait(false))
        {
            return new StreamOutcome.Stopped();
        }

        while (at < end && at < breaksAt)
        {
            int piece = (int)Math.Min(Math.Min(PieceBytes, end - at), breaksAt - at);
            string kind = ask.Name.GetType().Name;
            Given[kind] = Given.GetValueOrDefault(kind) + piece;
            OnPiece?.Invoke(piece);
            bool goesOn = await sink.TakeAsync(bytes.AsMemory(at, piece), cancel).ConfigureAwait(false);
            at += piece;
            if (!goesOn)
            {
                return new StreamOutcome.Stopped();
            }
        }

        return at == end ? new StreamOutcome.Done() : new StreamOutcome.Later(default, Away);
    }

    private byte[] Coded(byte[] plain)
    {
        Digest digest = Digest.Of(plain);
        if (!_coded.TryGetValue(digest, out byte[]? coded))
        {
            using ZstdCompressor zstd = new(new ZstdSettings(3));
            byte[] room = new byte[ZstdCompressor.Bound(plain.Length)];
            coded = zstd.TryCompress(plain, default, room, out int written) ? room[..written] : plain;
            _coded[digest] = coded;
        }

        return coded;
    }
}
