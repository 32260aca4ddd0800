using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>
/// One repository of a registry (OCI distribution specification 1.1). The registry is not trusted: everything is asked
/// for by digest, bounded and checked; only what a tag names is its word. Where it does not list referrers itself, the
/// index under the tag <c>sha256-HEX</c> does ("Referrers Tag Schema").
/// </summary>
internal sealed class RegistryStore : IArtifactStore
{
    private readonly RegistryConnection _connection;

    public RegistryStore(OciPlace.Registry place, RegistryOptions options) =>
        _connection = new RegistryConnection(new RegistryAddress(place, options.PlainHttp), options);

    public async Task<OciDocument?> FindManifestAsync(string reference, CancellationToken ct)
    {
        using HttpResponseMessage response = await _connection.SendAsync(
            () =>
            {
                HttpRequestMessage request = new(HttpMethod.Get, At($"manifests/{reference}"));
                request.Headers.Accept.ParseAdd(OciMediaTypes.Manifest);
                request.Headers.Accept.ParseAdd(OciMediaTypes.Index);
                return request;
            },
            ct).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw await _connection.RefusedAsync(response, $"manifest {reference}", ct).ConfigureAwait(false);
        }

        byte[] bytes = await BodyAsync(response, ct).ConfigureAwait(false);
        OciDocument document = new(response.Content.Headers.ContentType?.MediaType ?? "", bytes);
        string said = response.Headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values)
            ? values.First()
            : "";
        string expected = Digest.TryParse(reference, out Digest digest) ? digest.ToString() : said;
        return expected.Length == 0 || expected == document.Digest.ToString()
            ? document
            : throw new KedgeException(
                OciErrors.DigestMismatch, $"manifest {reference} is {document.Digest}, not {expected}");
    }

    public async Task PutManifestAsync(OciDocument document, string tag, CancellationToken ct)
    {
        using HttpResponseMessage response =
            await PutAsync(document, tag.Length > 0 ? tag : document.Digest.ToString(), ct).ConfigureAwait(false);
    }

    public async Task<bool> HasBlobAsync(OciDescriptor blob, CancellationToken ct)
    {
        Uri uri = At($"blobs/{blob.Digest}");
        using HttpResponseMessage response = await _connection
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Head, uri), ct).ConfigureAwait(false);
        return response.StatusCode switch
        {
            HttpStatusCode.OK => response.Content.Headers.ContentLength is not { } bytes || bytes == blob.Bytes,
            HttpStatusCode.NotFound => false,
            _ => throw await _connection.RefusedAsync(response, "asking for a blob", ct).ConfigureAwait(false),
        };
    }

    public Task PutBlobAsync(OciDescriptor blob, BlobReader read, CancellationToken ct) =>
        new BlobUpload(_connection, blob, read).RunAsync(ct);

    public Task GetBlobAsync(OciDescriptor blob, Stream to, CancellationToken ct) =>
        new BlobDownload(_connection, blob, to).RunAsync(ct);

    public async Task<ImmutableArray<OciDescriptor>> ReferrersAsync(Digest subject, CancellationToken ct)
    {
        Uri uri = At($"referrers/{subject}");
        using HttpResponseMessage response = await _connection
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Get, uri), ct).ConfigureAwait(false);
        bool isListed = response.StatusCode == HttpStatusCode.OK
            && response.Content.Headers.ContentType?.MediaType == OciMediaTypes.Index;
        ImmutableArray<OciDescriptor> found = isListed
            ? OciJson.ReadIndex(await BodyAsync(response, ct).ConfigureAwait(false))
            : await FallbackAsync(subject, ct).ConfigureAwait(false);
        return [.. found.Take(OciLimits.ReferrersMax)];
    }

    public async Task PutReferrerAsync(
        OciDocument referrer, OciDescriptor entry, Digest subject, CancellationToken ct)
    {
        using HttpResponseMessage response =
            await PutAsync(referrer, referrer.Digest.ToString(), ct).ConfigureAwait(false);
        if (response.Headers.Contains("OCI-Subject"))
        {
            return;
        }

        ImmutableArray<OciDescriptor> others = await FallbackAsync(subject, ct).ConfigureAwait(false);
        if (others.All(one => one.Digest != entry.Digest))
        {
            OciDocument index = OciJson.WriteIndex([.. others, entry]);
            using HttpResponseMessage listed = await PutAsync(index, TagOf(subject), ct).ConfigureAwait(false);
        }
    }

    public void Dispose() => _connection.Dispose();

    private async Task<ImmutableArray<OciDescriptor>> FallbackAsync(Digest subject, CancellationToken ct)
    {
        OciDocument? index = await FindManifestAsync(TagOf(subject), ct).ConfigureAwait(false);
        return index is null ? [] : OciJson.ReadIndex(index.Bytes);
    }

    private static string TagOf(Digest subject) => "sha256-" + subject.Hex;

    private async Task<HttpResponseMessage> PutAsync(OciDocument document, string reference, CancellationToken ct)
    {
        HttpResponseMessage response = await _connection.SendAsync(
            () =>
            {
                ReadOnlyMemoryContent body = new(document.Bytes);
                body.Headers.ContentType = new MediaTypeHeaderValue(document.MediaType);
                return new HttpRequestMessage(HttpMethod.Put, At($"manifests/{reference}")) { Content = body };
            },
            ct).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Created)
        {
            return response;
        }

        using (response)
        {
            throw await _connection.RefusedAsync(response, $"manifest {reference}", ct).ConfigureAwait(false);
        }
    }

    private async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            return await _connection.ReadAsync(response, OciLimits.ManifestBytesMax, ct).ConfigureAwait(false);
        }
        catch (Exception exception) when (RegistryConnection.IsBreak(exception, ct))
        {
            throw _connection.Unreachable(exception);
        }
    }

    private Uri At(string path) => new(_connection.Address.Repository, path);
}
