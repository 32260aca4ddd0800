using System.Buffers;
using System.Collections.Concurrent;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Blocks of one size for the pipes of connections. Problem: the shared array pool keeps an array for each thread that
/// ever gave one back, so that every new thread of the thread pool costs a block of each size, for good. Approach: one
/// queue for all threads. What is kept is bounded, so that a burst of connections does not stay in memory.
/// </summary>
/// <param name="blockBytes">Size of every block, in bytes; more cannot be rented.</param>
/// <param name="keptMax">Blocks to keep for the next who rents; others are left to the collector.</param>
internal sealed class BlockPool(int blockBytes, int keptMax) : MemoryPool<byte>
{
    private readonly ConcurrentQueue<Block> _kept = new();
    private int _keptCount;

    public override int MaxBufferSize => blockBytes;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">More than a block was asked for.</exception>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockBytes);
        if (!_kept.TryDequeue(out Block? block))
        {
            return new Block(this, blockBytes);
        }

        _ = Interlocked.Decrement(ref _keptCount);
        return block;
    }

    /// <summary>Lives as long as the process: the collector has what is left.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref _keptCount) <= keptMax)
        {
            _kept.Enqueue(block);
        }
        else
        {
            _ = Interlocked.Decrement(ref _keptCount);
        }
    }

    /// <summary>Never moved by the collector: the kernel reads and writes it.</summary>
    private sealed class Block(BlockPool pool, int bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

        public void Dispose() => pool.Return(this);
    }
}
