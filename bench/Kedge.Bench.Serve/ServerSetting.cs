using Kedge.Inference.Batching;
using Kedge.Native;

namespace Kedge.Bench.Serve;

/// <summary>How kedge-serve is started; what is left out is as it is by default.</summary>
/// <param name="Models">Files by name.</param>
internal sealed record ServerSetting(IEnumerable<(string Name, string Path)> Models)
{
    /// <summary>A TCP listener to share; null for one of its own.</summary>
    public FileDescriptor? Listener { get; init; }

    /// <summary>How every model is scheduled.</summary>
    public SchedulingOptions Scheduling { get; init; } = new();

    /// <summary>True serves on a Unix socket and takes shared memory.</summary>
    public bool IsLocal { get; init; }
}
