namespace Kedge.Inference.Onnx.Native;

/// <summary>Places for a few. Whoever took one leaves it; nobody waits for it.</summary>
internal sealed class OrtSeats
{
    private int _taken;

    /// <summary>True for those who have one now.</summary>
    /// <param name="count">How many there are, 1 or more.</param>
    internal bool TryTake(int count)
    {
        if (Interlocked.Increment(ref _taken) <= count)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>True when none is free just now.</summary>
    internal bool AreTaken(int count) => Volatile.Read(ref _taken) >= count;

    /// <summary>By whoever took one.</summary>
    internal void Leave() => Interlocked.Decrement(ref _taken);
}
