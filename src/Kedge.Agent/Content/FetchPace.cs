namespace Kedge.Agent.Content;

/// <summary>
/// How fast content may come: each piece is paid for by the time that its bytes take at the allowed pace, and the next
/// one waits until that has passed. Over any stretch of time no more bytes come than the pace allows, and one piece.
/// Time that was not used is not saved up.
/// </summary>
internal sealed class FetchPace
{
    private TimeSpan _paidUntil = TimeSpan.MinValue;

    /// <summary>How long to wait before the next piece.</summary>
    /// <param name="now">The agent's monotonic clock.</param>
    internal TimeSpan Wait(TimeSpan now) => _paidUntil > now ? _paidUntil - now : TimeSpan.Zero;

    /// <summary>Pays for a piece that is fetched now.</summary>
    /// <param name="now">The agent's monotonic clock.</param>
    /// <param name="bytes">Its size, from 0.</param>
    /// <param name="bytesPerSecond">The pace; 0 for none, which costs nothing.</param>
    internal void Pay(TimeSpan now, long bytes, long bytesPerSecond)
    {
        if (bytesPerSecond > 0)
        {
            TimeSpan from = _paidUntil > now ? _paidUntil : now;
            _paidUntil = from + TimeSpan.FromTicks((bytes * TimeSpan.TicksPerSecond / bytesPerSecond) + 1);
        }
    }
}
