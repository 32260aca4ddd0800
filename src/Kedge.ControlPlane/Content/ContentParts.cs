using Kedge.ControlPlane.Auth;
using Kedge.ControlPlane.Content.Deltas;
using Kedge.Store.Contracts;
using Microsoft.Extensions.Logging;

namespace Kedge.ControlPlane.Content;

/// <summary>What a server keeps content with, put together.</summary>
internal sealed record ContentParts
{
    public required ChunkFolder Chunks { get; init; }

    public required FileCatalog Files { get; init; }

    public required DeltaFolder DeltaFolder { get; init; }

    public required DeltaDesk? Deltas { get; init; }

    public required ContentCollector Collector { get; init; }

    public required ContentMeters Meters { get; init; }

    /// <summary>Opens the folders of a server.</summary>
    public static ContentParts Open(
        ServerOptions options, IKedgeStore store, string replica, TimeProvider time, ILogger log)
    {
        ServerPaths paths = new(options.DataFolder);
        ChunkFolder chunks = new(paths.Chunks, replica);
        FileCatalog files = new(store, options.Tenant);
        DeltaFolder deltas = new(paths.Deltas, options.DeltaBytesMax, time);
        ContentMeters meters = new();
        DeltaDesk? desk = options.DeltaBytesMax > 0
            ? new DeltaDesk(deltas, new DeltaWork(chunks, files, deltas), meters, time, log)
            : null;
        return new ContentParts
        {
            Chunks = chunks,
            Files = files,
            DeltaFolder = deltas,
            Deltas = desk,
            Collector = new ContentCollector(store, options.Tenant, chunks, deltas, time),
            Meters = meters,
        };
    }
}
