using System.Buffers;
using System.Text.Json;
using Kedge.Agent.Content;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Wire;
using Kedge.Wire.Enrolment;
using Kedge.Wire.Neighbours;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// What other devices of the site are answered: offers, chunks and envelopes. Whoever is in the roster may have what it
/// can name by digest; nothing is listed. Bytes are read from the disk for each answer and checked before they go.
/// </summary>
/// <param name="board">What there is.</param>
/// <param name="store">Where envelopes are.</param>
/// <param name="limit">Bytes per second for all others together; 0 for no bound.</param>
/// <param name="counters">Counts what was given.</param>
/// <param name="time">Clock and timers.</param>
internal sealed class NeighbourAnswers(
    NeighbourBoard board, ContentStore store, long limit, NeighbourCounters counters, TimeProvider time) : IDisposable
{
    private const string Json = "application/json";
    private const string Bytes = "application/octet-stream";
    private readonly SemaphoreSlim _bodies = new(PeerLimits.BodiesMax);
    private readonly FetchPace _pace = new();
    private readonly Lock _turn = new();
    private readonly long _began = time.GetTimestamp();

    public void Dispose() => _bodies.Dispose();

    /// <summary>Answers one request of a neighbour; false when the connection is of no more use.</summary>
    internal async ValueTask<bool> AnswerAsync(
        PeerConnection connection, PeerRequest? request, CancellationToken cancel)
    {
        switch (request)
        {
            case PeerRequest.Offer offer:
                byte[] body = NeighbourFormat.Write(board.OfferOf(offer.What));
                await connection.WriteAsync(200, Json, body.Length, body, cancel).ConfigureAwait(false);
                return true;
            case PeerRequest.Content content:
                return await InTurnAsync(connection, content.Chunk.Bytes, SendAsync, cancel).ConfigureAwait(false);
                ValueTask<bool> SendAsync(byte[] buffer) => SendChunkAsync(connection, content, buffer, cancel);
            case PeerRequest.Envelope envelope:
                return await InTurnAsync(connection, 0, SendAllAsync, cancel).ConfigureAwait(false);
                ValueTask<bool> SendAllAsync(byte[] buffer) =>
                    SendEnvelopeAsync(connection, envelope.Package, buffer, cancel);
            case null:
                await SayAsync(
                    connection, 400, NeighbourErrors.BadRequest.At("this is no request that there is"), cancel)
                    .ConfigureAwait(false);
                return false;
            default:
                throw Check.Unreachable(request);
        }
    }

    /// <summary>Says to a device that it is none of the site.</summary>
    internal async ValueTask<bool> RefuseAsync(PeerConnection connection, Peer peer, CancellationToken cancel)
    {
        await SayAsync(
            connection, 403, NeighbourErrors.NotNeighbour.At($"{peer.Device} with key {peer.Key.Short} is not known"),
            cancel).ConfigureAwait(false);
        return false;
    }

    private async ValueTask<bool> InTurnAsync(
        PeerConnection connection, int bytes, Func<byte[], ValueTask<bool>> send, CancellationToken cancel)
    {
        if (!await _bodies.WaitAsync(PeerLimits.TurnMax, cancel).ConfigureAwait(false))
        {
            await SayAsync(connection, 503, NeighbourErrors.Busy.At("too many answers are on their way"), cancel)
                .ConfigureAwait(false);
            return true;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(PeerLimits.PieceBytes);
        try
        {
            if (await TryPayAsync(bytes, cancel).ConfigureAwait(false))
            {
                return await send(buffer).ConfigureAwait(false);
            }

            await SayAsync(connection, 503, NeighbourErrors.Busy.At("the bound of bytes per second is reached"), cancel)
                .ConfigureAwait(false);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            _ = _bodies.Release();
        }
    }

    private async ValueTask<bool> SendChunkAsync(
        PeerConnection connection, PeerRequest.Content content, byte[] buffer, CancellationToken cancel)
    {
        Memory<byte> bytes = buffer.AsMemory(0, content.Chunk.Bytes);
        if (!board.TryRead(content.File, content.Chunk, content.At, bytes.Span))
        {
            await NotHereAsync(connection, content.Chunk.Digest, cancel).ConfigureAwait(false);
            return true;
        }

        await connection.WriteAsync(200, Bytes, bytes.Length, bytes, cancel).ConfigureAwait(false);
        counters.Gave(bytes.Length);
        return true;
    }

    private async ValueTask<bool> SendEnvelopeAsync(
        PeerConnection connection, Digest package, byte[] buffer, CancellationToken cancel)
    {
        long length = store.EnvelopeBytes(package) ?? 0;
        int read = length == 0 ? 0 : ReadEnvelope(package, 0, buffer);
        if (read == 0)
        {
            await NotHereAsync(connection, package, cancel).ConfigureAwait(false);
            return true;
        }

        read = (int)Math.Min(read, length);
        await connection.WriteAsync(200, Json, length, buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
        long at = read;
        while (at < length)
        {
            if (!await TryPayAsync(read, cancel).ConfigureAwait(false)
                || (read = (int)Math.Min(ReadEnvelope(package, at, buffer), length - at)) == 0)
            {
                // It was promised whole: whoever takes it sees the connection end.
                return false;
            }

            await connection.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            at += read;
        }

        counters.Gave(length);
        return true;
    }

    private int ReadEnvelope(Digest package, long at, byte[] buffer)
    {
        try
        {
            return store.ReadEnvelopeAt(package, at, buffer.AsSpan(0, PeerLimits.PieceBytes));
        }
        catch (DiskException)
        {
            // It was deleted meanwhile, or cannot be read.
            return 0;
        }
    }

    /// <summary>Waits for the turn of some bytes under the bound; false where it would take too long.</summary>
    private async ValueTask<bool> TryPayAsync(int bytes, CancellationToken cancel)
    {
        if (limit == 0)
        {
            return true;
        }

        TimeSpan wait;
        lock (_turn)
        {
            TimeSpan now = time.GetElapsedTime(_began);
            wait = _pace.Wait(now);
            if (wait > PeerLimits.TurnMax)
            {
                return false;
            }

            _pace.Pay(now, bytes, limit);
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, cancel)
                .ConfigureAwait(false);
        }

        return true;
    }

    private static ValueTask NotHereAsync(PeerConnection connection, Digest what, CancellationToken cancel) =>
        SayAsync(connection, 404, NeighbourErrors.NotHere.At($"{what.Short} is not here"), cancel);

    private static ValueTask SayAsync(
        PeerConnection connection, int status, Finding finding, CancellationToken cancel)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(
            new ProblemResponse(new ProblemMessage(finding.Code, finding.Message)),
            WireJson.Default.ProblemResponse);
        return connection.WriteAsync(status, Json, body.Length, body, cancel);
    }
}
