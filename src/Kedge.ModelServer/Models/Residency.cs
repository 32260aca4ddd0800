namespace Kedge.ModelServer.Models;

/// <summary>
/// Counts who uses a model that is in memory, so that it is never unloaded under anybody. Closed at first. Safe from
/// any thread; taking and giving back is one interlocked operation each.
/// </summary>
/// <param name="onIdle">Told, on any thread, when the last use of a closed model ended; with the turn of its
/// closing.</param>
internal sealed class Residency(Action<int> onIdle)
{
    private const int Closed = int.MinValue;
    private int _uses = Closed;
    private int _turn;

    /// <summary>Begins a use; false where the model takes no new ones.</summary>
    internal bool TryEnter()
    {
        if (Volatile.Read(ref _uses) < 0)
        {
            return false;
        }

        if (Interlocked.Increment(ref _uses) > 0)
        {
            return true;
        }

        Leave(); // It was closed in this moment.
        return false;
    }

    /// <summary>Begins a use of a model that whoever opens and closes it knows to be in memory.</summary>
    internal void Enter() => Interlocked.Increment(ref _uses);

    /// <summary>Ends a use.</summary>
    internal void Leave()
    {
        if (Interlocked.Decrement(ref _uses) == Closed)
        {
            onIdle(Volatile.Read(ref _turn));
        }
    }

    /// <summary>Lets uses begin.</summary>
    internal void Open() => Interlocked.And(ref _uses, ~Closed);

    /// <summary>Lets no new use begin; whoever closes it hears when the last one has ended.</summary>
    internal void Close(int turn)
    {
        Volatile.Write(ref _turn, turn);
        if (Interlocked.Or(ref _uses, Closed) == 0)
        {
            onIdle(turn);
        }
    }
}
