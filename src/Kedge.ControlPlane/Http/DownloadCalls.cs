using System.Collections.Immutable;
using Kedge.ControlPlane.Content;
using Kedge.Core;

namespace Kedge.ControlPlane.Http;

/// <summary>Content, for administrators who take a package elsewhere or compare two.</summary>
internal static class DownloadCalls
{
    public static readonly ImmutableArray<Route> Routes =
    [
        new("GET", "/api/v1/chunks/{digest}", Access.Admin, "The bytes of a chunk.", ChunkAsync),
    ];

    private static async Task ChunkAsync(Call call)
    {
        Digest digest = call.PathDigest();
        int? bytes = await call.Server.Store.Chunks.FindAsync(call.Tenant, digest, call.Aborted).ConfigureAwait(false);
        if (bytes is null)
        {
            throw Call.NotFound($"chunk {digest.Short}");
        }

        switch (call.Server.Chunks.Read(digest))
        {
            case ChunkReading.Found(var chunk):
                using (chunk)
                {
                    call.Http.Response.ContentType = "application/octet-stream";
                    call.Http.Response.ContentLength = chunk.Plain.Length;
                    await call.Http.Response.Body.WriteAsync(chunk.Plain, call.Aborted).ConfigureAwait(false);
                }

                return;
            case ChunkReading.Absent:
                throw Call.NotFound($"chunk {digest.Short}");
            case ChunkReading.Damaged:
                throw new CallRefused(503, ApiErrors.ContentDamaged.At($"chunk {digest.Short} has changed"));
            case object other:
                throw Check.Unreachable(other);
        }
    }
}
