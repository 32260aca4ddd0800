namespace Kedge.Agent.Neighbours;

/// <summary>What was counted since the start. Written from any thread.</summary>
internal sealed class NeighbourCounters
{
    private long _taken;
    private long _given;
    private long _liars;

    /// <summary>Bytes of content that came from neighbours and were right.</summary>
    internal long TakenBytes => Interlocked.Read(ref _taken);

    /// <summary>Bytes of content that were given to neighbours.</summary>
    internal long GivenBytes => Interlocked.Read(ref _given);

    /// <summary>Neighbours that were left out because of what they did.</summary>
    internal long Liars => Interlocked.Read(ref _liars);

    internal void Took(long bytes) => Interlocked.Add(ref _taken, bytes);

    internal void Gave(long bytes) => Interlocked.Add(ref _given, bytes);

    internal void Lied() => Interlocked.Increment(ref _liars);
}
