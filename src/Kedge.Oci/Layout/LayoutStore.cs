using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Oci.Layout;

/// <summary>
/// A folder as an OCI image layout (OCI image specification 1.1, <c>image-layout.md</c>): what travels on a disk where
/// no registry is reachable. Blobs are written under another name, flushed and renamed, the index last: a folder that
/// was cut off anywhere holds the whole old state or the whole new one. One writer at a time.
/// </summary>
internal sealed class LayoutStore(string folder) : IArtifactStore
{
    private const int CopyBytes = 1 * Limits.MiB;
    private const string Version = "1.0.0";

    private string MarkPath => Path.Combine(folder, "oci-layout");

    private string IndexPath => Path.Combine(folder, "index.json");

    public async Task<OciDocument?> FindManifestAsync(string reference, CancellationToken ct)
    {
        bool isDigest = Digest.TryParse(reference, out Digest digest);
        OciDescriptor? entry = (await EntriesAsync(ct).ConfigureAwait(false)).FirstOrDefault(
            one => isDigest ? one.Digest == digest : TagOf(one) == reference);
        return entry is null ? null : await ReadAsync(entry, ct).ConfigureAwait(false);
    }

    public Task PutManifestAsync(OciDocument document, string tag, CancellationToken ct) =>
        PutAsync(document, tag.Length == 0
            ? document.Descriptor
            : document.Descriptor with
            {
                ArtifactType = OciJson.ReadManifest(document.Bytes).ArtifactType,
                Annotations = document.Descriptor.Annotations.SetItem(OciMediaTypes.RefName, tag),
            }, ct);

    public Task<bool> HasBlobAsync(OciDescriptor blob, CancellationToken ct) =>
        Task.FromResult(new FileInfo(PathOf(blob.Digest)) is { Exists: true, LinkTarget: null } file
            && file.Length == blob.Bytes);

    public async Task PutBlobAsync(OciDescriptor blob, BlobReader read, CancellationToken ct)
    {
        await PrepareAsync(ct).ConfigureAwait(false);
        string path = PathOf(blob.Digest);
        using BlobCheck check = new(blob);
        byte[] buffer = new byte[(int)Math.Min(CopyBytes, Math.Max(blob.Bytes, 1))];
        await ReplaceAsync(path, async file =>
        {
            while (!check.IsWhole)
            {
                Memory<byte> piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, blob.Bytes - check.Bytes));
                await read(check.Bytes, piece, ct).ConfigureAwait(false);
                check.Take(piece.Span);
                await file.WriteAsync(piece, ct).ConfigureAwait(false);
            }

            check.Finish();
        }).ConfigureAwait(false);
    }

    public async Task GetBlobAsync(OciDescriptor blob, Stream to, CancellationToken ct)
    {
        if (!await HasBlobAsync(blob, ct).ConfigureAwait(false))
        {
            throw new KedgeException(
                OciErrors.NotFound, $"{folder} has no blob {blob.Digest.Short} with {blob.Bytes} bytes");
        }

        using BlobCheck check = new(blob);
        byte[] buffer = new byte[(int)Math.Min(CopyBytes, Math.Max(blob.Bytes, 1))];
        FileStream file = new(PathOf(blob.Digest), FileMode.Open, FileAccess.Read, FileShare.Read, 1, true);
        await using (file.ConfigureAwait(false))
        {
            int read;
            while ((read = await file.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
            {
                check.Take(buffer.AsSpan(0, read));
                await to.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
            }
        }

        check.Finish();
    }

    public async Task<ImmutableArray<OciDescriptor>> ReferrersAsync(Digest subject, CancellationToken ct)
    {
        ImmutableArray<OciDescriptor>.Builder found = ImmutableArray.CreateBuilder<OciDescriptor>();
        foreach (OciDescriptor entry in (await EntriesAsync(ct).ConfigureAwait(false)).Where(
            static one => one.MediaType == OciMediaTypes.Manifest && one.ArtifactType.Length > 0))
        {
            OciDocument document = await ReadAsync(entry, ct).ConfigureAwait(false);
            if (OciJson.ReadManifest(document.Bytes).Subject?.Digest == subject && found.Count < OciLimits.ReferrersMax)
            {
                found.Add(entry);
            }
        }

        return found.DrainToImmutable();
    }

    public Task PutReferrerAsync(OciDocument referrer, OciDescriptor entry, Digest subject, CancellationToken ct) =>
        PutAsync(referrer, entry, ct);

    public void Dispose()
    {
    }

    private async Task PutAsync(OciDocument document, OciDescriptor entry, CancellationToken ct)
    {
        await PrepareAsync(ct).ConfigureAwait(false);
        _ = await this.PutAsync(document.Descriptor, document.Bytes, ct).ConfigureAwait(false);
        string? tag = TagOf(entry);
        IEnumerable<OciDescriptor> others = (await EntriesAsync(ct).ConfigureAwait(false)).Where(one =>
            tag is null
                ? one.Digest != entry.Digest
                : TagOf(one) != tag);
        OciDocument index = OciJson.WriteIndex([.. others, entry]);
        await ReplaceAsync(IndexPath, file => file.WriteAsync(index.Bytes, ct).AsTask()).ConfigureAwait(false);
    }

    /// <summary>A folder that is there must be a layout: nothing else is written into.</summary>
    private async Task PrepareAsync(CancellationToken ct)
    {
        if (File.Exists(MarkPath))
        {
            return;
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new KedgeException(OciErrors.Layout, $"{folder} is there and is no layout");
        }

        Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256"));
        await ReplaceAsync(IndexPath, file => file.WriteAsync(OciJson.WriteIndex([]).Bytes, ct).AsTask())
            .ConfigureAwait(false);
        byte[] mark = Encoding.ASCII.GetBytes($"{{\"imageLayoutVersion\":\"{Version}\"}}");
        await ReplaceAsync(MarkPath, file => file.WriteAsync(mark, ct).AsTask()).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<OciDescriptor>> EntriesAsync(CancellationToken ct)
    {
        byte[] mark = await SmallAsync(MarkPath, ct).ConfigureAwait(false);
        using JsonDocument document = OciJson.Parse(mark);
        return OciJson.Text(document.RootElement, "imageLayoutVersion") == Version
            ? OciJson.ReadIndex(await SmallAsync(IndexPath, ct).ConfigureAwait(false))
            : throw new KedgeException(OciErrors.Layout, $"{folder} is a layout of another version");
    }

    private async Task<byte[]> SmallAsync(string path, CancellationToken ct)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new KedgeException(OciErrors.Layout, $"{folder} has no file '{file.Name}'");
        }

        return file.Length > OciLimits.ManifestBytesMax
            ? throw new KedgeException(OciErrors.TooLarge, $"{path} has {file.Length} bytes")
            : await File.ReadAllBytesAsync(path, ct).ConfigureAwait(false);
    }

    private async Task<OciDocument> ReadAsync(OciDescriptor entry, CancellationToken ct) => new(
        entry.MediaType, await this.GetAsync(entry, OciLimits.ManifestBytesMax, ct).ConfigureAwait(false));

    private static string? TagOf(OciDescriptor entry) => entry.Annotations.GetValueOrDefault(OciMediaTypes.RefName);

    private string PathOf(Digest digest) => Path.Combine(folder, "blobs", "sha256", digest.Hex);

    private static async Task ReplaceAsync(string path, Func<FileStream, Task> write)
    {
        string beside = path + ".new";
        try
        {
            FileStream file = new(beside, FileMode.Create, FileAccess.Write, FileShare.None, 1, true);
            await using (file.ConfigureAwait(false))
            {
                await write(file).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
