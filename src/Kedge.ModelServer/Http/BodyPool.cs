using System.Buffers;
using System.Numerics;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Arrays for the bodies of requests. Long ones never move, so that a runtime computes on the tensors in them. Problem:
/// the shared array pool's arrays move, and it keeps as many as it once gave out. Approach: sizes by powers of two, the
/// array given back last is given out first, and what is kept is bounded; short ones come from the shared pool.
/// </summary>
/// <param name="keptBytesMax">Bytes to keep for the next who rents.</param>
internal sealed class BodyPool(long keptBytesMax) : ArrayPool<byte>
{
    /// <summary>Arrays of more bytes never move.</summary>
    internal const int MovingBytesMax = 32 * 1024;

    /// <summary>Larger ones are left to the collector, as tensors of their size are.</summary>
    private const int KeptArrayBytesMax = ServeLimits.KeptBytesMax;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, Stack<byte[]>> _kept = [];
    private long _keptBytes;

    /// <summary>The one of the process.</summary>
    internal static BodyPool OfProcess { get; } = new(
        Math.Min(ServeLimits.KeptBodyBytesMax, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 16));

    /// <summary>Bytes that are kept.</summary>
    internal long KeptBytes
    {
        get
        {
            lock (_gate)
            {
                return _keptBytes;
            }
        }
    }

    /// <inheritdoc/>
    public override byte[] Rent(int minimumLength)
    {
        if (minimumLength <= MovingBytesMax)
        {
            return Shared.Rent(minimumLength);
        }

        if (minimumLength > KeptArrayBytesMax)
        {
            return New(minimumLength);
        }

        int size = (int)BitOperations.RoundUpToPowerOf2((uint)minimumLength);
        lock (_gate)
        {
            if (_kept.TryGetValue(size, out Stack<byte[]>? arrays) && arrays.TryPop(out byte[]? array))
            {
                _keptBytes -= size;
                return array;
            }
        }

        return New(size);
    }

    /// <inheritdoc/>
    public override void Return(byte[] array, bool clearArray = false)
    {
        Kedge.Core.Check.That(!clearArray);
        if (array.Length <= MovingBytesMax)
        {
            Shared.Return(array);
            return;
        }

        if (array.Length > KeptArrayBytesMax)
        {
            return;
        }

        lock (_gate)
        {
            if (_keptBytes + array.Length > keptBytesMax)
            {
                return;
            }

            if (!_kept.TryGetValue(array.Length, out Stack<byte[]>? arrays))
            {
                _kept.Add(array.Length, arrays = new Stack<byte[]>());
            }

            _keptBytes += array.Length;
            arrays.Push(array);
        }
    }

    private static byte[] New(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);
}
