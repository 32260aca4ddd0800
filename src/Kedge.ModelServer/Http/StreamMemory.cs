using System.Buffers;
using Microsoft.AspNetCore.Connections.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Where Kestrel has the bodies of HTTP/2 streams on their way. Problem: by itself it takes 4 KiB at a time from the
/// shared array pool, which keeps fewer than one long body needs: most of it was left to the collector each time.
/// </summary>
internal sealed class StreamMemory : IMemoryPoolFeature
{
    /// <summary>Bytes of a block: each stream with unread bytes holds one or more.</summary>
    private const int BlockBytes = 16 * 1024;

    /// <summary>Blocks that are kept, 4 MiB.</summary>
    private const int BlocksKept = 256;

    private StreamMemory()
    {
    }

    /// <summary>The one of the process.</summary>
    internal static StreamMemory OfProcess { get; } = new();

    /// <inheritdoc/>
    public MemoryPool<byte> MemoryPool { get; } = new BlockPool(BlockBytes, BlocksKept);
}
