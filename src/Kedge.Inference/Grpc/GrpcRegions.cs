using Kedge.Inference.Regions;

namespace Kedge.Inference.Grpc;

/// <summary>Messages of Triton's shared memory extension.</summary>
public static class GrpcRegions
{
    /// <summary>
    /// Writes <c>SystemSharedMemoryStatusResponse</c>; what the key names is ours by descriptor, so the key is the
    /// name.
    /// </summary>
    public static byte[] WriteStatus(IEnumerable<SharedRegion> regions) => GrpcMessages.Write(writer =>
    {
        foreach (SharedRegion region in regions)
        {
            writer.Bytes(1, GrpcMessages.Write(entry =>
            {
                GrpcMessages.Text(entry, 1, region.Name);
                entry.Bytes(2, GrpcMessages.Write(status =>
                {
                    GrpcMessages.Text(status, 1, region.Name);
                    GrpcMessages.Text(status, 2, region.Name);
                    status.Number(4, (ulong)region.Memory.Length);
                }));
            }));
        }
    });
}
