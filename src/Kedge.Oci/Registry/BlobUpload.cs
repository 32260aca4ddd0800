using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Kedge.Core.Errors;

namespace Kedge.Oci.Registry;

/// <summary>
/// One upload in pieces (distribution specification, "Pushing a blob in chunks"). When a piece breaks, the registry is
/// asked how much it has and the upload goes on there; a registry that does not know the upload any more gets it from
/// the beginning. Breaks are counted only as long as nothing gets through.
/// </summary>
internal sealed class BlobUpload(RegistryConnection connection, OciDescriptor blob, BlobReader read)
{
    private byte[] _buffer = [];
    private int _breaks;
    private long _offset;

    public async Task RunAsync(CancellationToken ct)
    {
        Uri? session = null;
        long begun = 0;
        while (session is null || _offset < blob.Bytes)
        {
            try
            {
                session ??= await StartAsync(ct).ConfigureAwait(false);
                session = await PieceAsync(session, ct).ConfigureAwait(false);
            }
            catch (Exception exception) when (RegistryConnection.IsBreak(exception, ct))
            {
                _breaks = _offset > begun ? 1 : _breaks + 1;
                begun = _offset;
                if (_breaks >= OciLimits.TriesMax)
                {
                    throw new KedgeException(
                        OciErrors.Broken, $"blob {blob.Digest.Short} broke off at byte {_offset}", exception);
                }

                await connection.WaitAsync(_breaks, ct).ConfigureAwait(false);
                session = session is null ? null : await ResumeAsync(session, ct).ConfigureAwait(false);
            }
        }

        await FinishAsync(session, ct).ConfigureAwait(false);
    }

    private async Task<Uri> StartAsync(CancellationToken ct)
    {
        _offset = 0;
        Uri uri = new(connection.Address.Repository, "blobs/uploads/");
        using HttpResponseMessage response = await connection.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, uri) { Content = new ByteArrayContent([]) }, ct)
            .ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Accepted)
        {
            throw await connection.RefusedAsync(response, "starting an upload", ct).ConfigureAwait(false);
        }

        int asked = response.Headers.TryGetValues("OCI-Chunk-Min-Length", out IEnumerable<string>? values)
            && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out int least)
            ? least
            : 0;
        int piece = Math.Clamp(asked, OciLimits.PieceBytes, OciLimits.PieceBytesMax);
        _buffer = new byte[(int)Math.Min(piece, Math.Max(blob.Bytes, 1))];
        return connection.Address.Follow(uri, response.Headers.Location, "an upload");
    }

    private async Task<Uri> PieceAsync(Uri session, CancellationToken ct)
    {
        Memory<byte> piece = _buffer.AsMemory(0, (int)Math.Min(_buffer.Length, blob.Bytes - _offset));
        if (piece.IsEmpty)
        {
            return session;
        }

        await read(_offset, piece, ct).ConfigureAwait(false);
        using HttpResponseMessage response = await connection.SendOnceAsync(
            () => new HttpRequestMessage(HttpMethod.Patch, session) { Content = Body(piece) }, ct)
            .ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            throw new IOException("the registry is at another byte of the upload");
        }

        if ((int)response.StatusCode >= 500)
        {
            throw new IOException($"the registry answered {(int)response.StatusCode}");
        }

        if (response.StatusCode != HttpStatusCode.Accepted)
        {
            throw await connection.RefusedAsync(response, "uploading", ct).ConfigureAwait(false);
        }

        long reached = Reached(response) ?? (_offset + piece.Length);
        if (reached <= _offset)
        {
            throw new IOException("the registry took nothing of a piece");
        }

        _offset = reached;
        return connection.Address.Follow(session, response.Headers.Location ?? session, "an upload");
    }

    private ByteArrayContent Body(Memory<byte> piece)
    {
        ByteArrayContent body = new(_buffer, 0, piece.Length);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        // The header of uploads has no unit and no total (distribution specification), so that it is written as it is.
        body.Headers.TryAddWithoutValidation(
            "Content-Range", string.Create(CultureInfo.InvariantCulture, $"{_offset}-{_offset + piece.Length - 1}"));
        return body;
    }

    /// <summary>Asks how far the registry has come; null when it begins anew.</summary>
    private async Task<Uri?> ResumeAsync(Uri session, CancellationToken ct)
    {
        using HttpResponseMessage response = await connection
            .SendAsync(() => new HttpRequestMessage(HttpMethod.Get, session), ct).ConfigureAwait(false);
        if (response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.Accepted or HttpStatusCode.OK))
        {
            return null;
        }

        _offset = Reached(response) ?? 0;
        return connection.Address.Follow(session, response.Headers.Location ?? session, "an upload");
    }

    /// <summary>
    /// Bytes that the registry says it has. It says <c>0-N</c> for the last byte N; for none some say <c>0-0</c>, which
    /// is taken for none: a byte sent again is refused, and then asked about.
    /// </summary>
    private long? Reached(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Range", out IEnumerable<string>? values)
            || values.First() is not { } text
            || text.IndexOf('-', StringComparison.Ordinal) is not (> 0 and var dash)
            || !long.TryParse(
                text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long last))
        {
            return null;
        }

        return last >= blob.Bytes
            ? throw new KedgeException(
                OciErrors.Refused, $"{connection.Address.Host} says that it has more of an upload than was sent")
            : last == 0 && blob.Bytes > 1 ? 0 : last + 1;
    }

    private async Task FinishAsync(Uri session, CancellationToken ct)
    {
        string and = session.Query.Length > 0 ? "&" : "?";
        Uri uri = new($"{session}{and}digest={Uri.EscapeDataString(blob.Digest.ToString())}");
        using HttpResponseMessage response = await connection.SendAsync(
            () => new HttpRequestMessage(HttpMethod.Put, uri) { Content = new ByteArrayContent([]) }, ct)
            .ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Created)
        {
            throw await connection.RefusedAsync(response, "ending an upload", ct).ConfigureAwait(false);
        }
    }
}
