using Kedge.Core.Measure;

namespace Kedge.ControlPlane.Content;

/// <summary>What the server counts about content.</summary>
internal sealed class ContentMeters
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _deltas = new(StringComparer.Ordinal);
    private long _chunkBytes;
    private long _deltaBytes;
    private long _packageBytes;
    private long _computedBytes;
    private double _deltaSeconds;

    /// <summary>Bytes of a chunk went to a device.</summary>
    public void CountChunk(long bytes) => Interlocked.Add(ref _chunkBytes, bytes);

    /// <summary>Bytes of a difference went to a device.</summary>
    public void CountDelta(long bytes) => Interlocked.Add(ref _deltaBytes, bytes);

    /// <summary>Bytes of an envelope went to a device.</summary>
    public void CountPackage(long bytes) => Interlocked.Add(ref _packageBytes, bytes);

    /// <summary>Differences that were computed, a count.</summary>
    public long DeltasComputed
    {
        get
        {
            lock (_lock)
            {
                return _deltas.GetValueOrDefault("computed");
            }
        }
    }

    /// <summary>A computation ended: <c>computed</c>, <c>useless</c> or <c>failed</c>.</summary>
    public void CountDelta(string outcome, long bytes, TimeSpan took)
    {
        lock (_lock)
        {
            _deltas[outcome] = _deltas.GetValueOrDefault(outcome) + 1;
            _computedBytes += bytes;
            _deltaSeconds += took.TotalSeconds;
        }
    }

    /// <summary>Writes the counters.</summary>
    public void Write(PrometheusText text, ChunkFolder chunks, long deltaCacheBytes)
    {
        text.Begin(Instruments.ContentBytes);
        text.Sample(Interlocked.Read(ref _chunkBytes), "chunk");
        text.Sample(Interlocked.Read(ref _deltaBytes), "delta");
        text.Sample(Interlocked.Read(ref _packageBytes), "package");
        text.Begin(Instruments.ChunksDamaged);
        text.Sample(chunks.DamagedFiles);
        lock (_lock)
        {
            text.Begin(Instruments.Deltas);
            foreach ((string outcome, long count) in _deltas)
            {
                text.Sample(count, outcome);
            }

            text.Begin(Instruments.DeltaBytes);
            text.Sample(_computedBytes);
            text.Begin(Instruments.DeltaSeconds);
            text.Sample(_deltaSeconds);
        }

        text.Begin(Instruments.DeltaCacheBytes);
        text.Sample(deltaCacheBytes);
    }
}
