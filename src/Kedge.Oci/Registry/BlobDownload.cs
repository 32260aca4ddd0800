using System.Net;
using System.Net.Http.Headers;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>One download that goes on at the byte where it broke (RFC 9110 §14), checked as it comes.</summary>
internal sealed class BlobDownload(RegistryConnection connection, OciDescriptor blob, Stream to)
{
    private readonly byte[] _buffer = new byte[128 * 1024];

    public async Task RunAsync(CancellationToken ct)
    {
        using BlobCheck check = new(blob);
        int breaks = 0;
        while (!check.IsWhole || breaks == 0)
        {
            long begun = check.Bytes;
            Exception? broken = await TryAsync(check, ct).ConfigureAwait(false);
            if (check.IsWhole && broken is null)
            {
                break;
            }

            breaks = check.Bytes > begun ? 1 : breaks + 1;
            if (breaks >= OciLimits.TriesMax)
            {
                throw new KedgeException(
                    OciErrors.Broken, $"blob {blob.Digest.Short} broke off at byte {check.Bytes}", broken);
            }

            await connection.WaitAsync(breaks, ct).ConfigureAwait(false);
        }

        check.Finish();
    }

    /// <summary>Takes what comes; null when the answer ended by itself.</summary>
    private async Task<Exception?> TryAsync(BlobCheck check, CancellationToken ct)
    {
        Uri uri = new(connection.Address.Repository, $"blobs/{blob.Digest}");
        long begin = check.Bytes;
        try
        {
            using HttpResponseMessage response = await connection.SendAsync(
                () =>
                {
                    HttpRequestMessage request = new(HttpMethod.Get, uri);
                    request.Headers.Range = begin > 0 ? new RangeHeaderValue(begin, null) : null;
                    return request;
                },
                ct).ConfigureAwait(false);
            bool isRest = response.StatusCode == HttpStatusCode.PartialContent
                && response.Content.Headers.ContentRange?.From == begin;
            if (response.StatusCode != HttpStatusCode.OK && !isRest)
            {
                throw await connection.RefusedAsync(response, $"blob {blob.Digest.Short}", ct).ConfigureAwait(false);
            }

            await TakeAsync(response, check, isRest ? 0 : begin, ct).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception) when (RegistryConnection.IsBreak(exception, ct))
        {
            return exception;
        }
    }

    /// <summary>A registry without ranges sends all again: what is here already is passed over.</summary>
    private async Task TakeAsync(HttpResponseMessage response, BlobCheck check, long pass, CancellationToken ct)
    {
        Stream body = await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            int read;
            while ((read = await connection.ReadAsync(body, _buffer, ct).ConfigureAwait(false)) > 0)
            {
                int passed = (int)Math.Min(pass, read);
                pass -= passed;
                Memory<byte> piece = _buffer.AsMemory(passed, read - passed);
                check.Take(piece.Span);
                await to.WriteAsync(piece, ct).ConfigureAwait(false);
            }
        }
    }
}
