using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Oci.Layout;
using Kedge.Oci.Registry;

namespace Kedge.Oci;

/// <summary>Opens places, and moves what fits into memory.</summary>
public static class ArtifactStores
{
    /// <summary>Opens a place.</summary>
    public static IArtifactStore Open(OciPlace place, RegistryOptions options) => place switch
    {
        OciPlace.Registry registry => new RegistryStore(registry, options),
        OciPlace.Layout layout => new LayoutStore(layout.Folder),
        _ => throw Check.Unreachable(place),
    };

    /// <summary>Stores bytes as a blob unless it is there.</summary>
    /// <returns>True when it was sent.</returns>
    public static async Task<bool> PutAsync(
        this IArtifactStore store, OciDescriptor blob, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (await store.HasBlobAsync(blob, ct).ConfigureAwait(false))
        {
            return false;
        }

        await store.PutBlobAsync(
            blob,
            (offset, into, _) =>
            {
                bytes.Slice((int)offset, into.Length).CopyTo(into);
                return ValueTask.CompletedTask;
            },
            ct).ConfigureAwait(false);
        return true;
    }

    /// <summary>Fetches a blob that is meant to fit into memory.</summary>
    /// <param name="store">Where it lies.</param>
    /// <param name="blob">The blob.</param>
    /// <param name="bytesMax">Most bytes that it may have.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="KedgeException">It says that it has more (KEDGE-OCI-006), or cannot be fetched.</exception>
    public static async Task<byte[]> GetAsync(
        this IArtifactStore store, OciDescriptor blob, int bytesMax, CancellationToken ct)
    {
        if (blob.Bytes > bytesMax)
        {
            throw new KedgeException(
                OciErrors.TooLarge, $"{blob.MediaType} has {blob.Bytes} bytes, at most {bytesMax} are taken");
        }

        using MemoryStream bytes = new((int)blob.Bytes);
        await store.GetBlobAsync(blob, bytes, ct).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
