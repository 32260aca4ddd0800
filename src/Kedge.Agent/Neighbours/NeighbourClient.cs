using System.Net.Security;
using System.Net.Sockets;
using Kedge.Agent.Http;
using Kedge.Agent.Source;
using Kedge.Core;
using Kedge.Core.Models;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// Asks other devices of the site. A connection is kept for the next question while few enough are; every answer is
/// bounded by what was asked for and by a deadline. One device is asked one question at a time.
/// </summary>
/// <param name="tls">Connects.</param>
/// <param name="time">Clock and timers.</param>
internal sealed class NeighbourClient(PeerTls tls, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, Kept> _kept = [];

    /// <summary>Asks what a device could give of a file or an envelope.</summary>
    internal ValueTask<PeerAnswer> OfferAsync(RosterDevice device, Digest what, CancellationToken cancel) => AskAsync(
        device, Request(PeerRequest.OfferPath(what), NeighbourLimits.OfferBytesMax), PeerLimits.OfferDeadline, cancel);

    /// <summary>Asks for a chunk.</summary>
    /// <param name="device">Whom.</param>
    /// <param name="file">The file that it stands in.</param>
    /// <param name="place">The chunk, and its first byte in the file.</param>
    /// <param name="cancel">Gives up.</param>
    internal async ValueTask<PeerAnswer> ChunkAsync(
        RosterDevice device, Digest file, (ChunkRef Chunk, long At) place, CancellationToken cancel)
    {
        HttpRequest request = Request(PeerRequest.ChunkPath(file, place.Chunk, place.At), place.Chunk.Bytes);
        PeerAnswer answer = await AskAsync(device, request, PeerLimits.ChunkDeadline, cancel).ConfigureAwait(false);
        return answer is PeerAnswer.Given given && given.Bytes.Length != place.Chunk.Bytes
            ? Wrong($"a chunk of {place.Chunk.Bytes} bytes came with {given.Bytes.Length}")
            : answer;
    }

    /// <summary>Asks for the envelope of a package.</summary>
    internal ValueTask<PeerAnswer> EnvelopeAsync(RosterDevice device, Digest package, CancellationToken cancel) =>
        AskAsync(
            device, Request(PeerRequest.EnvelopePath(package), ModelLimits.EnvelopeBytesMax),
            PeerLimits.EnvelopeDeadline, cancel);

    /// <summary>Closes what is kept: nothing is asked for a while.</summary>
    internal async ValueTask CloseAsync()
    {
        HttpExchange[] kept;
        lock (_lock)
        {
            kept = [.. _kept.Values.Select(static k => k.Exchange)];
            _kept.Clear();
        }

        foreach (HttpExchange exchange in kept)
        {
            await exchange.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private static HttpRequest Request(string path, int bytesMax) =>
        new() { Path = path, Host = "neighbour", BodyBytesMax = bytesMax };

    private async ValueTask<PeerAnswer> AskAsync(
        RosterDevice device, HttpRequest request, TimeSpan patience, CancellationToken cancel)
    {
        if (await TakeKeptAsync(device).ConfigureAwait(false) is { } kept)
        {
            PeerAnswer again = await SendAsync(device, kept, request, patience, cancel).ConfigureAwait(false);
            if (again is not PeerAnswer.Away)
            {
                return again;
            }

            // It closed a kept connection just then: once more on a new one.
        }

        HttpExchange? exchange = null;
        string why = "it has no address";
        foreach (string address in device.Addresses)
        {
            try
            {
                exchange = await DialAsync(device, address, cancel).ConfigureAwait(false);
                break;
            }
            catch (Exception e) when (e is IOException
                || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                why = e is IOException ? e.Message : $"{address} does not answer";
            }
        }

        return exchange is null
            ? new PeerAnswer.Away(why)
            : await SendAsync(device, exchange, request, patience, cancel).ConfigureAwait(false);
    }

    private async ValueTask<HttpExchange> DialAsync(RosterDevice device, string address, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(PeerLimits.DialDeadline, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        (SslStream stream, Peer peer) = await tls.DialAsync(address, both.Token).ConfigureAwait(false);
        if (peer.Device.ToString() != device.Name || peer.Key.ToString() != device.KeyId)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new IOException($"{address} is {peer.Device} with key {peer.Key.Short}, not {device.Name}");
        }

        return new HttpExchange(stream, time, PeerLimits.ChunkDeadline);
    }

    private async ValueTask<PeerAnswer> SendAsync(
        RosterDevice device, HttpExchange exchange, HttpRequest request, TimeSpan patience, CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(patience, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            HttpAnswer answer = await exchange.SendAsync(request, both.Token).ConfigureAwait(false);
            PeerAnswer found = Of(answer);
            await KeepAsync(device, exchange).ConfigureAwait(false);
            return found;
        }
        catch (Exception e) when (e is TimeoutException
            || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            await exchange.DisposeAsync().ConfigureAwait(false);
            return new PeerAnswer.Wrong(NeighbourErrors.TooSlow.At(
                $"{request.Path.Split('?')[0]} did not come within {patience.TotalSeconds} s"));
        }
        catch (IOException e)
        {
            await exchange.DisposeAsync().ConfigureAwait(false);
            return IsBroken(e) ? new PeerAnswer.Away(e.GetBaseException().Message) : Wrong(e.Message);
        }
        catch
        {
            await exchange.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>True where the connection ended, false where what came over it is no answer.</summary>
    private static bool IsBroken(IOException e) =>
        e is EndOfStreamException || e.GetBaseException() is SocketException or System.ComponentModel.Win32Exception;

    private static PeerAnswer Of(HttpAnswer answer) => answer switch
    {
        { IsWhole: false } => new PeerAnswer.Away("the connection broke in the middle of an answer"),
        { Status: 200 } => new PeerAnswer.Given(answer.Body),
        { Status: 404 or 503 } => new PeerAnswer.NotNow(
            HttpsArtifactSource.ProblemOf(answer).Message, IsBusy: answer.Status == 503),
        { Status: 403 } => new PeerAnswer.Away(HttpsArtifactSource.ProblemOf(answer).Message),
        _ => Wrong($"it answered with status {answer.Status}"),
    };

    private static PeerAnswer.Wrong Wrong(string message) => new(NeighbourErrors.BadAnswer.At(message));

    private async ValueTask<HttpExchange?> TakeKeptAsync(RosterDevice device)
    {
        Kept? kept;
        lock (_lock)
        {
            if (!_kept.Remove(new DeviceId(device.Name), out kept))
            {
                return null;
            }
        }

        if (kept.Exchange.IsOpen && time.GetElapsedTime(kept.UsedAt) < PeerLimits.KeptTime)
        {
            return kept.Exchange;
        }

        await kept.Exchange.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    private async ValueTask KeepAsync(RosterDevice device, HttpExchange exchange)
    {
        HttpExchange? other = exchange;
        lock (_lock)
        {
            if (exchange.IsOpen)
            {
                _kept[new DeviceId(device.Name)] = new Kept(exchange, time.GetTimestamp());
                other = null;
                if (_kept.Count > PeerLimits.KeptMax)
                {
                    other = TakeOldest();
                }
            }
        }

        if (other is not null)
        {
            await other.DisposeAsync().ConfigureAwait(false);
        }
    }

    private HttpExchange? TakeOldest()
    {
        DeviceId oldest = default;
        Kept? found = null;
        foreach ((DeviceId device, Kept kept) in _kept)
        {
            if (found is null || kept.UsedAt < found.UsedAt)
            {
                (oldest, found) = (device, kept);
            }
        }

        _ = _kept.Remove(oldest);
        return found?.Exchange;
    }

    /// <summary>A connection that may be asked again.</summary>
    private sealed record Kept(HttpExchange Exchange, long UsedAt);
}
