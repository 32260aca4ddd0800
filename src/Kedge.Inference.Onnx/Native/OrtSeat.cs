namespace Kedge.Inference.Onnx.Native;

/// <summary>A place for one. Whoever took it leaves it; nobody waits for it.</summary>
internal sealed class OrtSeat
{
    private int _isTaken;

    /// <summary>True for the one who has it now.</summary>
    internal bool TryTake() => Interlocked.CompareExchange(ref _isTaken, 1, 0) == 0;

    /// <summary>By whoever took it.</summary>
    internal void Leave() => Volatile.Write(ref _isTaken, 0);
}
