namespace Kedge.Core.Device;

/// <summary>How much memory the machine has for one instance. Never compared.</summary>
/// <param name="availableBytes">What can be had without swapping (proc(5), <c>MemAvailable</c>).</param>
/// <param name="usedBytes">What the instance holds already; 0 where nobody knows.</param>
public sealed class MemoryRoom(long availableBytes, long usedBytes)
{
    /// <summary>What can be had without swapping, in bytes.</summary>
    public long AvailableBytes { get; } = availableBytes;

    /// <summary>What the instance holds already, in bytes; 0 where nobody knows.</summary>
    public long UsedBytes { get; } = usedBytes;
}
